import { AggregateRoot } from '@nestjs/cqrs';
import { Transform } from 'class-transformer';
import { named } from '../support/event-classes.js';

/** A field that is a bigint in memory, in whatever form JSON has it. */
const BigInteger = (): PropertyDecorator =>
  Transform(({ value }) => (value === undefined ? undefined : BigInt(value as string | number)), {
    toClassOnly: true,
  });

export class OrderPlaced {
  readonly orderId!: string;
  @BigInteger()
  readonly quantity!: bigint;

  static of(orderId: string, quantity: bigint): OrderPlaced {
    return Object.assign(new OrderPlaced(), { orderId, quantity });
  }
}

export class OrderFilled {
  @BigInteger()
  readonly quantity!: bigint;

  static of(quantity: bigint): OrderFilled {
    return Object.assign(new OrderFilled(), { quantity });
  }
}

export class OrderCancelled {}

export const EVENTS = named({ OrderPlaced, OrderFilled });

/** An aggregate root as in the documentation of @nestjs/cqrs. */
export class Order extends AggregateRoot {
  open = 0n;
  readonly history: string[] = [];

  constructor(readonly id: string) {
    super();
  }

  place(quantity: bigint): void {
    this.apply(OrderPlaced.of(this.id, quantity));
  }

  fill(quantity: bigint): void {
    if (quantity > this.open) throw new RangeError('more than is open');
    this.apply(OrderFilled.of(quantity));
  }

  onOrderPlaced(event: OrderPlaced): void {
    this.open += event.quantity;
    this.history.push(event.constructor.name);
  }

  onOrderFilled(event: OrderFilled): void {
    this.open -= event.quantity;
    this.history.push(event.constructor.name);
  }
}
