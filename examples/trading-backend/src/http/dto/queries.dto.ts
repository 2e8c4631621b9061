import { IsCount, IsSequence } from '../validation/is-uint.decorator.js';

/** `GET /book` */
export class BookQueryDto {
  /** Levels of each side. */
  @IsCount(10_000)
  readonly depth: number = 10;
}

/** `GET /trades` */
export class TradesQueryDto {
  @IsCount(100)
  readonly limit: number = 20;
}

/** `GET /events` */
export class EventsQueryDto {
  /** The first sequence. */
  @IsSequence()
  readonly from: bigint = 0n;

  @IsCount(1_000)
  readonly limit: number = 100;
}
