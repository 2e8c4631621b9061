import { randomUUID } from 'node:crypto';
import { IsIn, IsOptional, ValidateIf } from 'class-validator';
import type { Side } from 'nestjs-file-journal/order-book';
import type { MarketOrderCommand } from '../../trading/commands/index.js';
import { Excludes } from '../validation/conditions.js';
import { IsOrderId } from '../validation/ids.js';
import { IsPrice, IsQuantity } from '../validation/is-uint.decorator.js';

/**
 * Takes liquidity up to a `quantity`, or up to an `amount` of price × quantity. The rest is not executed.
 */
export class PlaceMarketOrderDto {
  /** @default a new UUID */
  @IsOptional()
  @IsOrderId()
  readonly id?: string;

  @IsIn(['BUY', 'SELL'])
  readonly side!: Side;

  @ValidateIf(({ quantity, amount }: PlaceMarketOrderDto) => quantity !== undefined || amount === undefined)
  @IsQuantity()
  @Excludes('amount')
  readonly quantity?: bigint;

  @ValidateIf(({ amount }: PlaceMarketOrderDto) => amount !== undefined)
  @IsPrice()
  readonly amount?: bigint;

  toCommand(): MarketOrderCommand {
    const { id = randomUUID(), side, quantity, amount } = this;
    return amount === undefined
      ? { MarketOrder: { id, side, quantity: quantity ?? 0n } }
      : { MarketOrderByAmount: { id, side, amount } };
  }
}
