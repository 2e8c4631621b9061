import { join } from 'node:path';
import type { Type } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { describe, expect, it } from '@jest/globals';
import type { AggregateRepository, JournaledAggregateRoot } from '../../src/aggregates/index.js';
import { FileJournalModule, getAggregateRepositoryToken } from '../../src/nest/index.js';
import { boot } from '../nest/apps.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { importGuide } from './import-guide.js';

type Seats = JournaledAggregateRoot & {
  take(seat: number, guest: string): void;
  guestOf(seat: number): string | null;
};

interface Guide {
  readonly Seats: Type<Seats>;
  readonly SeatsModule: Type;
  readonly TakeSeat: new (performance: string, seat: number, guest: string) => object;
  readonly move: (
    performances: AggregateRepository<Seats>,
    performance: string,
    seats: [number, number],
    seenVersion: number,
  ) => Promise<string>;
}

describe('the guide to aggregates', () => {
  it('does on a real journal what it says, across a restart', async () => {
    const guide = await importGuide<Guide>('docs/guides/aggregates.md', [
      'src/seats.ts',
      'src/seats.module.ts',
      'src/take-seat.ts',
      'src/swap.ts',
    ]);
    const directory = join(temporaryDirectory(), 'journal');
    const start = async () => {
      const app = await boot({ imports: [FileJournalModule.forRoot({ directory }), guide.SeatsModule] });
      const performances = app.get<AggregateRepository<Seats>>(getAggregateRepositoryToken(guide.Seats), {
        strict: false,
      });
      return { app, performances };
    };
    const first = await start();
    const commands = first.app.get(CommandBus);
    await commands.execute(new guide.TakeSeat('hamlet', 7, 'Ada'));
    await expect(commands.execute(new guide.TakeSeat('hamlet', 7, 'Bob'))).rejects.toThrow('seat 7 is taken');
    expect(await guide.move(first.performances, 'hamlet', [7, 9], 0)).toBe('look again');
    expect(await guide.move(first.performances, 'hamlet', [7, 9], 1)).toBe('moved');
    await first.app.close();

    const { performances } = await start();
    const seats = await performances.load('hamlet');
    expect([seats.version, seats.guestOf(7), seats.guestOf(9)]).toEqual([3, null, 'Ada']);
    const other = await performances.load('hamlet');
    seats.take(1, 'Cem');
    other.take(1, 'Dan');
    await performances.save(seats);
    await expect(performances.save(other)).rejects.toMatchObject({ code: 'JOURNAL_AGGREGATE_CONFLICT' });
  });
});
