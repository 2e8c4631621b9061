import { randomUUID } from 'node:crypto';
import type { Type } from '@nestjs/common';
import { IsBoolean, IsIn, IsOptional, ValidateIf } from 'class-validator';
import type { Order, OrderFields, Side, TimeInForce } from 'nestjs-file-journal/order-book';
import { OnlyWhen } from '../validation/conditions.js';
import { IsOrderId, IsUserId, NOBODY } from '../validation/ids.js';
import { IsPrice, IsQuantity, IsQuantityOrZero, IsUnixMs } from '../validation/is-uint.decorator.js';

const TIMES_IN_FORCE = ['GTC', 'IOC', 'FOK', 'DAY', 'GTD'] as const;

/** What orders of every kind say. */
export abstract class PlaceOrderDto {
  /** Names the kind; the pipe has chosen the class by it. */
  @IsIn(['standard', 'post-only', 'iceberg', 'reserve'])
  readonly type!: string;

  /** @default a new UUID. A client that names its orders itself can ask for them after a lost answer. */
  @IsOptional()
  @IsOrderId()
  readonly id?: string;

  @IsIn(['BUY', 'SELL'])
  readonly side!: Side;

  @IsPrice()
  readonly price!: bigint;

  /** @default nobody */
  @IsOptional()
  @IsUserId()
  readonly userId?: string;

  /** @default 'GTC' */
  @IsOptional()
  @IsIn(TIMES_IN_FORCE)
  readonly timeInForce?: (typeof TIMES_IN_FORCE)[number];

  /** For GTD, and only there: Unix milliseconds from which on the order has expired. */
  @ValidateIf(
    ({ timeInForce, goodTillMs }: PlaceOrderDto) => timeInForce === 'GTD' || goodTillMs !== undefined,
  )
  @IsUnixMs()
  @OnlyWhen('timeInForce', 'GTD')
  readonly goodTillMs?: bigint;

  /**
   * The order as the book knows it. All that is not up to the book is decided here, once: the command carries
   * it.
   */
  abstract toOrder(receivedMs: number): Order;

  protected fields(receivedMs: number): OrderFields {
    return {
      id: this.id ?? randomUUID(),
      price: this.price,
      side: this.side,
      user_id: this.userId ?? NOBODY,
      timestamp: BigInt(receivedMs),
      time_in_force: this.orderTimeInForce(),
      extra_fields: null,
    };
  }

  private orderTimeInForce(): TimeInForce {
    const timeInForce = this.timeInForce ?? 'GTC';
    return timeInForce === 'GTD' ? { GTD: this.goodTillMs ?? 0n } : timeInForce;
  }
}

/** A limit order. */
export class StandardOrderDto extends PlaceOrderDto {
  @IsQuantity()
  readonly quantity!: bigint;

  toOrder(receivedMs: number): Order {
    return { Standard: { ...this.fields(receivedMs), quantity: this.quantity } };
  }
}

/** A limit order that is rejected rather than matched on arrival. */
export class PostOnlyOrderDto extends PlaceOrderDto {
  @IsQuantity()
  readonly quantity!: bigint;

  toOrder(receivedMs: number): Order {
    return { PostOnly: { ...this.fields(receivedMs), quantity: this.quantity } };
  }
}

/** An order of which only a part is shown at a time. */
export class IcebergOrderDto extends PlaceOrderDto {
  @IsQuantity()
  readonly visibleQuantity!: bigint;

  @IsQuantityOrZero()
  readonly hiddenQuantity!: bigint;

  toOrder(receivedMs: number): Order {
    const { visibleQuantity: visible_quantity, hiddenQuantity: hidden_quantity } = this;
    return { IcebergOrder: { ...this.fields(receivedMs), visible_quantity, hidden_quantity } };
  }
}

/** An iceberg that says when and by how much its visible part is filled up. */
export class ReserveOrderDto extends IcebergOrderDto {
  /** Visible quantity below which it is filled up. @default '0', which counts as 1 */
  @IsOptional()
  @IsQuantityOrZero()
  readonly replenishThreshold?: bigint;

  /** @default the book's, 80 */
  @IsOptional()
  @IsQuantity()
  readonly replenishAmount?: bigint;

  /** @default true */
  @IsOptional()
  @IsBoolean()
  readonly autoReplenish?: boolean;

  override toOrder(receivedMs: number): Order {
    return {
      ReserveOrder: {
        ...this.fields(receivedMs),
        visible_quantity: this.visibleQuantity,
        hidden_quantity: this.hiddenQuantity,
        replenish_threshold: this.replenishThreshold ?? 0n,
        replenish_amount: this.replenishAmount ?? null,
        auto_replenish: this.autoReplenish ?? true,
      },
    };
  }
}

export type PlaceOrderBody = StandardOrderDto | PostOnlyOrderDto | IcebergOrderDto | ReserveOrderDto;

/** By `type`. */
export const ORDER_KINDS: ReadonlyMap<string, Type<PlaceOrderBody>> = new Map<string, Type<PlaceOrderBody>>([
  ['standard', StandardOrderDto],
  ['post-only', PostOnlyOrderDto],
  ['iceberg', IcebergOrderDto],
  ['reserve', ReserveOrderDto],
]);
