import type { Type } from '@nestjs/common';
import { IsIn } from 'class-validator';
import type { Side } from 'nestjs-file-journal/order-book';
import type { MassCancelScope } from '../../trading/commands/index.js';
import { NotBelow } from '../validation/conditions.js';
import { IsUserId } from '../validation/ids.js';
import { IsPriceBound } from '../validation/is-uint.decorator.js';

/** The orders to cancel. Each scope has its own fields. */
export abstract class MassCancelDto {
  /** The scope; the pipe chose the class by it. */
  @IsIn(['all', 'side', 'user', 'price-range', 'expired'])
  readonly scope!: string;

  abstract toScope(receivedMs: number): MassCancelScope;
}

export class CancelAllDto extends MassCancelDto {
  toScope(): MassCancelScope {
    return 'CancelAll';
  }
}

export class CancelBySideDto extends MassCancelDto {
  @IsIn(['BUY', 'SELL'])
  readonly side!: Side;

  toScope(): MassCancelScope {
    return { CancelBySide: { side: this.side } };
  }
}

export class CancelByUserDto extends MassCancelDto {
  @IsUserId()
  readonly userId!: string;

  toScope(): MassCancelScope {
    return { CancelByUser: { user_id: this.userId } };
  }
}

export class CancelByPriceRangeDto extends MassCancelDto {
  @IsIn(['BUY', 'SELL'])
  readonly side!: Side;

  @IsPriceBound()
  readonly minPrice!: bigint;

  /** Inclusive. */
  @IsPriceBound()
  @NotBelow('minPrice')
  readonly maxPrice!: bigint;

  toScope(): MassCancelScope {
    const { side, minPrice: min_price, maxPrice: max_price } = this;
    return { CancelByPriceRange: { side, min_price, max_price } };
  }
}

/**
 * The orders that have expired by now. The command carries the time, because a replay must not read the
 * clock.
 */
export class CancelExpiredDto extends MassCancelDto {
  toScope(receivedMs: number): MassCancelScope {
    return { EvictExpiredOrders: { now_ms: BigInt(receivedMs) } };
  }
}

export type MassCancelBody =
  CancelAllDto | CancelBySideDto | CancelByUserDto | CancelByPriceRangeDto | CancelExpiredDto;

/** The classes by `scope`. */
export const MASS_CANCEL_SCOPES: ReadonlyMap<string, Type<MassCancelBody>> = new Map<
  string,
  Type<MassCancelBody>
>([
  ['all', CancelAllDto],
  ['side', CancelBySideDto],
  ['user', CancelByUserDto],
  ['price-range', CancelByPriceRangeDto],
  ['expired', CancelExpiredDto],
]);
