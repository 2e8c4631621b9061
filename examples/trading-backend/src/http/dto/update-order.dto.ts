import { BadRequestException } from '@nestjs/common';
import { IsIn, ValidateIf } from 'class-validator';
import type { OrderId, OrderUpdate, Side } from 'nestjs-file-journal/order-book';
import { IsPrice, IsQuantity } from '../validation/is-uint.decorator.js';

/**
 * A change to a resting order: of its price, of its quantity, or of both. With its side beside both it is
 * replaced: the same id, and a new place in the queue whatever changes.
 */
export class UpdateOrderDto {
  @ValidateIf(({ price, side }: UpdateOrderDto) => price !== undefined || side !== undefined)
  @IsPrice()
  readonly price?: bigint;

  /** The visible quantity; for a reserve order with a new price, visible and hidden together. */
  @ValidateIf(({ quantity, side }: UpdateOrderDto) => quantity !== undefined || side !== undefined)
  @IsQuantity()
  readonly quantity?: bigint;

  @ValidateIf(({ side }: UpdateOrderDto) => side !== undefined)
  @IsIn(['BUY', 'SELL'])
  readonly side?: Side;

  /** @throws BadRequestException when nothing is to be changed */
  toUpdate(order_id: OrderId): OrderUpdate {
    const { price, quantity, side } = this;
    if (price !== undefined && quantity !== undefined) {
      return side === undefined
        ? { UpdatePriceAndQuantity: { order_id, new_price: price, new_quantity: quantity } }
        : { Replace: { order_id, price, quantity, side } };
    }
    if (price !== undefined) return { UpdatePrice: { order_id, new_price: price } };
    if (quantity !== undefined) return { UpdateQuantity: { order_id, new_quantity: quantity } };
    throw new BadRequestException(['give price, quantity, both, or both and side']);
  }
}
