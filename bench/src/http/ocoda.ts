import type { Type } from '@nestjs/common';
import { loadContestant } from '../harness/project.js';
import type { HttpContestant } from './contestant.js';
import { Balances, nowNs, type Balance, type DepositCommand } from './deposits.js';
import { storingWith, type DepositStore } from './stored-deposits.js';

export const OCODA = '@ocoda/event-sourcing on PostgreSQL';

interface EventStore {
  ensureCollection(): Promise<unknown>;
  appendEvents(stream: object, version: number, events: readonly object[]): Promise<unknown>;
}

interface Core {
  readonly EventSourcingModule: { forRoot(options: object): Type };
  readonly EventStore: Type<EventStore>;
  readonly AggregateRoot: Type;
  readonly Aggregate: (options: { readonly streamName: string }) => ClassDecorator;
  readonly Event: (name: string) => ClassDecorator;
  readonly EventStream: { for(aggregate: Type, id: object): object };
  readonly Id: { from(id: string): object };
}

interface Driver {
  readonly PostgresEventStore: Type;
}

class Deposited {
  constructor(
    readonly timestampNs: string,
    readonly command: DepositCommand,
    readonly result: Balance,
  ) {}
}

/** One stream per account, one event per request, with the expected version that the package requires. */
export const ocoda: HttpContestant = {
  name: OCODA,
  needsPostgres: true,
  async open({ postgres }) {
    const core = await loadContestant<Core>('@ocoda/event-sourcing');
    const { PostgresEventStore } = await loadContestant<Driver>('@ocoda/event-sourcing-postgres');
    core.Event('deposited')(Deposited);
    class Account extends core.AggregateRoot {}
    core.Aggregate({ streamName: 'account' })(Account);
    const module = core.EventSourcingModule.forRoot({
      events: [Deposited],
      eventStore: { driver: PostgresEventStore, ...postgres },
    });
    return {
      module: storingWith([module], core.EventStore, (store) => storeOf(core, Account, store)),
    };
  },
};

function storeOf(core: Core, account: Type, store: EventStore): DepositStore {
  const balances = new Balances();
  const versions = new Map<string, number>();
  let sequence = 0;
  let creating: Promise<unknown> | null = null;
  let isCreated = false;
  return {
    async deposit(deposit) {
      // The store connects when the application starts to listen, after it was injected.
      if (!isCreated) await (creating ??= store.ensureCollection());
      isCreated = true;
      const command = { Deposit: deposit };
      const result = balances.execute(command);
      const timestampNs = nowNs();
      const version = (versions.get(deposit.account) ?? 0) + 1;
      versions.set(deposit.account, version);
      const stream = core.EventStream.for(account, core.Id.from(deposit.account));
      await store.appendEvents(stream, version, [new Deposited(timestampNs, command, result)]);
      sequence += 1;
      return { sequenceNum: String(sequence), timestampNs, command, result };
    },
    // Its module disconnects.
    close: () => undefined,
  };
}
