import type { Type } from '@nestjs/common';
import type { IEventHandler } from '@nestjs/cqrs';
import { JournaledAggregateRoot, type AggregateRepository } from '../../src/aggregates/index.js';
import type { Journal } from '../../src/journal/index.js';
import {
  FileJournalModule,
  getAggregateRepositoryToken,
  getJournalToken,
  type FileJournalModuleOptions,
} from '../../src/nest/index.js';
import { boot, survivingJournal } from '../nest/apps.js';
import { named } from '../support/event-classes.js';

/** An aggregate whose state is the list of its events, of any class. */
export class Carrier extends JournaledAggregateRoot {
  readonly seen: object[] = [];

  protected override getEventHandler(): Type<IEventHandler> {
    return ((event: object) => this.seen.push(event)) as unknown as Type<IEventHandler>;
  }
}

export interface BootedCarriers {
  readonly carriers: AggregateRepository<Carrier>;
  readonly journal: Journal;
  readonly close: () => Promise<void>;
}

export async function bootCarriers(
  options: FileJournalModuleOptions,
  events: Readonly<Record<string, Type>>,
): Promise<BootedCarriers> {
  const app = await boot({
    imports: [
      FileJournalModule.forRoot(options),
      FileJournalModule.forFeature({ aggregates: [Carrier], events: named(events) }),
    ],
  });
  return {
    carriers: app.get<AggregateRepository<Carrier>>(getAggregateRepositoryToken(Carrier)),
    journal: app.get<Journal>(getJournalToken()),
    close: () => app.close(),
  };
}

/** The events of the live aggregate, and those of the aggregate loaded after a restart. */
export async function afterRestart(
  type: Type,
  ...events: readonly object[]
): Promise<{ live: object[]; reloaded: object[] }> {
  const journal = survivingJournal();
  const first = await bootCarriers({ journal }, { Carried: type });
  await first.carriers.update(
    'c',
    (carrier) => {
      for (const event of events) carrier.apply(event);
    },
    { createIfAbsent: true },
  );
  const live = await first.carriers.query('c', ({ seen }) => [...seen]);
  await first.close();
  const second = await bootCarriers({ journal }, { Carried: type });
  const { seen } = await second.carriers.load('c');
  await second.close();
  return { live, reloaded: [...seen] };
}

/**
 * The error that refuses a save of the event. The repository then drops the live copy, and the journal holds
 * no event.
 */
export async function refusalOf(type: Type, event: object): Promise<unknown> {
  const { carriers, journal, close } = await bootCarriers(
    { journal: survivingJournal() },
    { Carried: type, Begun },
  );
  await carriers.update('c', (carrier) => carrier.apply(new Begun()), { createIfAbsent: true });
  const outcome: unknown = await carriers
    .update('c', (carrier) => carrier.apply(event))
    .then(
      () => 'accepted',
      (error: unknown) => error,
    );
  const entries = [...journal.readFrom(0)].length;
  const seen = await carriers.query('c', (carrier) => carrier.seen.length);
  // The next change starts from the journal.
  await carriers.update('c', (carrier) => carrier.apply(new Begun()));
  await close();
  if (outcome !== 'accepted' && (entries !== 1 || seen !== 1)) throw new Error('something was kept');
  return outcome;
}

export class Begun {}
