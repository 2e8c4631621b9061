import { join } from 'node:path';
import type { Type } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { JournaledAggregateRoot, type AggregateRepository } from '../../src/aggregates/index.js';
import { FileJournal } from '../../src/file-journal/index.js';
import { SequencerEvent } from '../../src/journal/index.js';
import { FileJournalModule, getAggregateRepositoryToken } from '../../src/nest/index.js';
import { boot } from '../nest/apps.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { importGuide } from './import-guide.js';

interface Guide {
  readonly SeatBooked: Type;
  readonly SeatPriced: Type;
  readonly JournalModule: Type;
}

class Performance extends JournaledAggregateRoot {
  readonly seen: object[] = [];
  onSeatBooked(event: object): void {
    this.seen.push(event);
  }
  onSeatPriced(event: object): void {
    this.seen.push(event);
  }
}

const stored = (name: string, v: number, data: object) => ({ [name]: { v, aggregateId: 'hamlet', data } });

describe('the guide to upgrading events', () => {
  it('reads what every release wrote, and refuses what it says', async () => {
    const directory = join(temporaryDirectory(), 'journal');
    process.env['JOURNAL_DIRECTORY'] = directory;
    const journal = await FileJournal.open({ directory });
    const commands = [
      stored('SeatTaken', 1, { seat: 'C7' }),
      stored('SeatBooked', 2, { row: 'D', seat: 1 }),
      stored('SeatPainted', 1, {}),
      stored('SeatBooked', 3, { row: 'E', seat: 2, priceCents: 5 }),
    ];
    for (const [index, command] of commands.entries()) {
      await journal.append(
        new SequencerEvent({ sequenceNum: index, timestampNs: index, command, result: null }),
      );
    }
    await journal.close();

    const guide = await importGuide<Guide>('docs/guides/upgrading-events.md', [
      'src/booked.ts',
      'src/priced.ts',
      'src/journal.module.ts',
    ]);
    const app = await boot({ imports: [guide.JournalModule, FileJournalModule.forFeature([Performance])] });
    const performances = app.get<AggregateRepository<Performance>>(getAggregateRepositoryToken(Performance));
    const performance = await performances.load('hamlet');
    expect(performance.seen).toEqual([
      { row: 'C', seat: 7, priceCents: 0 },
      { row: 'D', seat: 1, priceCents: 0 },
      { row: 'E', seat: 2, priceCents: 5 },
    ]);
    expect(performance.seen.every((event) => event instanceof guide.SeatBooked)).toBe(true);
    expect(performance.version).toBe(4);

    performance.apply(Object.assign(new guide.SeatPriced() as object, { priceCents: 0.5 }));
    await expect(performances.save(performance)).rejects.toMatchObject({
      code: 'JOURNAL_EVENT_VALIDATION',
      outcome: 'not-written',
    });
    performance.uncommit();
    performance.apply(Object.assign(new guide.SeatPriced() as object, { priceCents: 5 }));
    expect(await performances.save(performance)).toMatchObject({ sequenceNum: 4n });
  });
});
