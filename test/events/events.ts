import { Transform } from 'class-transformer';
import { IsInt, Min } from 'class-validator';
import { JournalEvent } from '../../src/events/index.js';

export interface OpenedV1 {
  readonly owner: string;
}
export interface OpenedV2 {
  readonly owner: { readonly name: string };
}
export interface OpenedV3 extends OpenedV2 {
  readonly currency: string;
}

/** An event with three versions and two former names. */
@JournalEvent('AccountOpened', {
  version: 3,
  aliases: ['Opened', 'AccountCreated'],
  upcasters: {
    1: ({ owner }: OpenedV1): OpenedV2 => ({ owner: { name: owner } }),
    2: (data: OpenedV2): OpenedV3 => ({ ...data, currency: 'EUR' }),
  },
})
export class TheOpening {
  owner!: { readonly name: string };
  currency!: string;

  static of(name: string, currency: string): TheOpening {
    return Object.assign(new TheOpening(), { owner: { name }, currency });
  }
}

@JournalEvent('Deposited')
export class Deposited {
  @Transform(({ value }) => BigInt(value as string | number), { toClassOnly: true })
  amount!: bigint;

  static of(amount: bigint): Deposited {
    return Object.assign(new Deposited(), { amount });
  }
}

/** An event that a hand-written Standard Schema validates and converts. */
@JournalEvent('Priced', {
  validation: {
    '~standard': {
      version: 1,
      vendor: 'test',
      validate: (value) => {
        const { cents } = value as { cents?: unknown };
        return typeof cents === 'number' && cents > 0
          ? { value: { cents, checked: true } }
          : { issues: [{ message: 'must be positive', path: ['price', { key: 'cents' }] }] };
      },
    },
  },
})
export class Priced {
  cents!: number;
  static of(cents: number): Priced {
    return Object.assign(new Priced(), { cents });
  }
}

/** An event with decorators of class-validator. */
@JournalEvent('Counted', { validation: 'class-validator' })
export class Counted {
  @IsInt()
  @Min(1)
  count!: number;
  static of(count: number): Counted {
    return Object.assign(new Counted(), { count });
  }
}
