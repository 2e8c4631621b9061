import { randomUUID } from 'node:crypto';
import type { Type } from '@nestjs/common';
import { IsBoolean, IsIn, IsOptional, ValidateIf } from 'class-validator';
import type { Order, OrderFields, Side, TimeInForce } from 'nestjs-file-journal/order-book';
import { OnlyWhen } from '../validation/conditions.js';
import { IsOrderId, IsUserId, NOBODY } from '../validation/ids.js';
import { IsPrice, IsQuantity, IsQuantityOrZero, IsUnixMs } from '../validation/is-uint.decorator.js';

const TIMES_IN_FORCE = ['GTC', 'IOC', 'FOK', 'DAY', 'GTD'] as const;

/** The fields of every kind of order. */
export abstract class PlaceOrderDto {
  /** The kind; the pipe chose the class by it. */
  @IsIn(['standard', 'post-only', 'iceberg', 'reserve'])
  readonly type!: string;

  /** @default a new UUID. A client that chooses its own ids can query its orders after it lost an answer. */
  @IsOptional()
  @IsOrderId()
  readonly id?: string;

  @IsIn(['BUY', 'SELL'])
  readonly side!: Side;

  @IsPrice()
  readonly price!: bigint;

  /** @default no owner */
  @IsOptional()
  @IsUserId()
  readonly userId?: string;

  /** @default 'GTC' */
  @IsOptional()
  @IsIn(TIMES_IN_FORCE)
  readonly timeInForce?: (typeof TIMES_IN_FORCE)[number];

  /** Only for GTD: the Unix milliseconds at which the order expires. */
  @ValidateIf(
    ({ timeInForce, goodTillMs }: PlaceOrderDto) => timeInForce === 'GTD' || goodTillMs !== undefined,
  )
  @IsUnixMs()
  @OnlyWhen('timeInForce', 'GTD')
  readonly goodTillMs?: bigint;

  /**
   * The order in the form of the book. The command carries all that the book does not decide, such as the
   * time.
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

/** A limit order that the book rejects rather than match it on arrival. */
export class PostOnlyOrderDto extends PlaceOrderDto {
  @IsQuantity()
  readonly quantity!: bigint;

  toOrder(receivedMs: number): Order {
    return { PostOnly: { ...this.fields(receivedMs), quantity: this.quantity } };
  }
}

/** An order that shows only a part of its quantity at a time. */
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

/** An iceberg order with its own rule for replenishing the visible part. */
export class ReserveOrderDto extends IcebergOrderDto {
  /** The visible quantity below which the book replenishes it. @default '0', which counts as 1 */
  @IsOptional()
  @IsQuantityOrZero()
  readonly replenishThreshold?: bigint;

  /** @default the default of the book, 80 */
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

/** The classes by `type`. */
export const ORDER_KINDS: ReadonlyMap<string, Type<PlaceOrderBody>> = new Map<string, Type<PlaceOrderBody>>([
  ['standard', StandardOrderDto],
  ['post-only', PostOnlyOrderDto],
  ['iceberg', IcebergOrderDto],
  ['reserve', ReserveOrderDto],
]);
