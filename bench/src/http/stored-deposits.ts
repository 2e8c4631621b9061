/** The application of every peer: one controller over a store that makes a deposit durable. */
import {
  Body,
  Controller,
  Inject,
  Post,
  type ModuleMetadata,
  type OnApplicationShutdown,
  type Type,
} from '@nestjs/common';
import { Balances, nowNs, type Answer, type Deposit } from './deposits.js';

/** Resolves, or returns, when the deposit is on the device. */
export interface DepositStore {
  deposit(deposit: Deposit): Promise<Answer> | Answer;
  close(): Promise<void> | void;
}

const STORE = Symbol('DepositStore');

@Controller()
class StoreController implements OnApplicationShutdown {
  constructor(@Inject(STORE) private readonly store: DepositStore) {}

  @Post('deposits')
  deposit(@Body() { account, cents }: Deposit): Promise<Answer> | Answer {
    return this.store.deposit({ account, cents });
  }

  async onApplicationShutdown(): Promise<void> {
    await this.store.close();
  }
}

export function storing(store: DepositStore): ModuleMetadata {
  return { controllers: [StoreController], providers: [{ provide: STORE, useValue: store }] };
}

/** Like {@link storing}, with a provider that `imports` export. */
export function storingWith<T>(
  imports: NonNullable<ModuleMetadata['imports']>,
  token: Type<T>,
  makeStore: (provided: T) => DepositStore,
): ModuleMetadata {
  const provider = { provide: STORE, useFactory: makeStore, inject: [token] };
  return { imports, controllers: [StoreController], providers: [provider] };
}

/** One row of the peers that have a table: the same JSON text that a journal entry holds. */
export interface Row {
  readonly sequence: number;
  readonly payload: string;
  readonly answer: Answer;
}

/** Executes deposits in memory and numbers them, which is safe because only one process writes. */
export class Rows {
  private readonly balances = new Balances();
  private next = 0;

  of({ account, cents }: Deposit): Row {
    const sequence = this.next;
    this.next += 1;
    const command = { Deposit: { account, cents } };
    const result = this.balances.execute(command);
    const timestampNs = nowNs();
    return {
      sequence,
      payload: `{"sequence_num":${sequence},"timestamp_ns":${timestampNs},"command":${JSON.stringify(command)},"result":${JSON.stringify(result)}}`,
      answer: { sequenceNum: String(sequence), timestampNs, command, result },
    };
  }
}
