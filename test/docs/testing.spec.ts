import { existsSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { importGuide } from './import-guide.js';

interface Guide {
  readonly shipsWhatThereIs: () => void;
  readonly shipsNoMore: () => void;
  readonly opensOnce: () => void;
  readonly totalsFollow: () => Promise<void>;
  readonly reordersForNewShipmentsOnly: () => Promise<void>;
  readonly survivesARestart: () => Promise<unknown>;
  readonly goesOnWhenThereIsSpaceAgain: () => Promise<unknown>;
  readonly receivesInMemory: () => Promise<unknown>;
  readonly answersFromAMock: () => Promise<unknown>;
  readonly refusesAMockBesideARealJournal: () => Promise<unknown>;
}

describe('the guide to testing', () => {
  it('has specifications that hold, and applications that do what it says', async () => {
    const guide = await importGuide<Guide>('docs/guides/testing.md', [
      'src/stock.ts',
      'test/stock.ts',
      'test/gate.ts',
      'test/totals.ts',
      'test/application.ts',
      'src/app.module.ts',
      'test/app.ts',
    ]);
    guide.shipsWhatThereIs();
    guide.shipsNoMore();
    guide.opensOnce();
    await guide.totalsFollow();
    await guide.reordersForNewShipmentsOnly();
    expect(await guide.survivesARestart()).toEqual({ inStock: 3 });
    expect(await guide.goesOnWhenThereIsSpaceAgain()).toEqual({
      refused: 'JOURNAL_IO',
      result: { inStock: 1 },
      timestampNs: 1_704_067_200_020_000_000n,
    });
    expect(await guide.receivesInMemory()).toEqual({ inStock: 5 });
    expect(await guide.answersFromAMock()).toEqual({ inStock: 7 });
    expect(await guide.refusesAMockBesideARealJournal()).toBe('JOURNAL_INVALID_OPTION');
    expect(existsSync('data/journal')).toBe(false);
  });
});
