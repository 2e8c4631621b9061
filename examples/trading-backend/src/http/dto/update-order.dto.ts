import { BadRequestException } from '@nestjs/common';
import { IsIn, ValidateIf } from 'class-validator';
import type { OrderId, OrderUpdate, Side } from 'nestjs-file-journal/order-book';
import { IsPrice, IsQuantity } from '../validation/is-uint.decorator.js';

/**
 * Changes the price, the quantity or both of a resting order. With both and its side, the order is replaced:
 * it keeps its id and goes to the back of the queue.
 */
export class UpdateOrderDto {
  @ValidateIf(({ price, side }: UpdateOrderDto) => price !== undefined || side !== undefined)
  @IsPrice()
  readonly price?: bigint;

  /** The visible quantity; for a reserve order with a new price, the sum of visible and hidden quantity. */
  @ValidateIf(({ quantity, side }: UpdateOrderDto) => quantity !== undefined || side !== undefined)
  @IsQuantity()
  readonly quantity?: bigint;

  @ValidateIf(({ side }: UpdateOrderDto) => side !== undefined)
  @IsIn(['BUY', 'SELL'])
  readonly side?: Side;

  /** @throws BadRequestException if the request changes nothing */
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
