import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  HttpStatus,
  NotFoundException,
  Param,
  Patch,
  Post,
} from '@nestjs/common';
import { CommandBus, QueryBus } from '@nestjs/cqrs';
import {
  CancelOrderCommand,
  MassCancelCommand,
  PlaceMarketOrderCommand,
  PlaceOrderCommand,
  UpdateOrderCommand,
} from '../trading/commands/index.js';
import { GetOrderQuery, type OrderView } from '../trading/queries/index.js';
import { answerOf, type CommandAnswer } from './command-answer.js';
import { MASS_CANCEL_SCOPES, type MassCancelBody } from './dto/mass-cancel.dto.js';
import { PlaceMarketOrderDto } from './dto/place-market-order.dto.js';
import { ORDER_KINDS, type PlaceOrderBody } from './dto/place-order.dto.js';
import { UpdateOrderDto } from './dto/update-order.dto.js';
import { IdempotencyKey } from './idempotency-key.decorator.js';
import { once } from './once.js';
import { OrderIdPipe } from './validation/order-id.pipe.js';
import { VariantPipe } from './validation/variant.pipe.js';

/** Answers commands after they are durable. */
@Controller('orders')
export class OrdersController {
  constructor(
    private readonly commands: CommandBus,
    private readonly queries: QueryBus,
  ) {}

  @Post()
  async place(
    @Body(new VariantPipe('type', ORDER_KINDS)) body: PlaceOrderBody,
    @IdempotencyKey() key?: string,
  ): Promise<CommandAnswer> {
    return answerOf(
      await this.commands.execute(
        new PlaceOrderCommand(
          body.toOrder(Date.now()),
          once(key, 'timestamp', ...(body.id === undefined ? ['id'] : [])),
        ),
      ),
    );
  }

  @Post('market')
  @HttpCode(HttpStatus.OK)
  async placeMarketOrder(
    @Body() body: PlaceMarketOrderDto,
    @IdempotencyKey() key?: string,
  ): Promise<CommandAnswer> {
    const madeUp = body.id === undefined ? ['id'] : [];
    return answerOf(
      await this.commands.execute(new PlaceMarketOrderCommand(body.toCommand(), once(key, ...madeUp))),
    );
  }

  @Post('cancel')
  @HttpCode(HttpStatus.OK)
  async massCancel(
    @Body(new VariantPipe('scope', MASS_CANCEL_SCOPES)) body: MassCancelBody,
    @IdempotencyKey() key?: string,
  ): Promise<CommandAnswer> {
    return answerOf(
      await this.commands.execute(new MassCancelCommand(body.toScope(Date.now()), once(key, 'now_ms'))),
    );
  }

  @Get(':id')
  async get(@Param('id', OrderIdPipe) id: string): Promise<OrderView> {
    const view = await this.queries.execute(new GetOrderQuery(id));
    if (view === null) throw new NotFoundException(`no order ${id} rests in the book`);
    return view;
  }

  @Patch(':id')
  async update(
    @Param('id', OrderIdPipe) id: string,
    @Body() body: UpdateOrderDto,
    @IdempotencyKey() key?: string,
  ): Promise<CommandAnswer> {
    return answerOf(await this.commands.execute(new UpdateOrderCommand(body.toUpdate(id), once(key))));
  }

  @Delete(':id')
  async cancel(@Param('id', OrderIdPipe) id: string, @IdempotencyKey() key?: string): Promise<CommandAnswer> {
    return answerOf(await this.commands.execute(new CancelOrderCommand(id, once(key))));
  }
}
