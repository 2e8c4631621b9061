/** Kills real processes while they write, rotate, archive, close and recover. */
import { expect, it } from '@jest/globals';
import type { FileJournalOptions } from '../../src/file-journal/index.js';
import { Random } from '../support/random.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { KILLS, SEED, TIMEOUT_MS, say } from './figures.js';
import { KilledJournal } from './killed-journal.js';

const KILLS_PER_JOURNAL = 4;
const AT_A_TIME = 2;

function drawOptions(random: Random): Omit<FileJournalOptions, 'directory'> {
  return {
    durability: random.pick(['sync', 'async']),
    writer: random.pick(['positioned', 'positioned', 'mapped']),
    segmentSizeBytes: random.pick([8192, 65_536, 1_048_576]),
    syncIntervalMs: random.pick([1, 10, 60_000]),
    maxUnsyncedBytes: random.pick([4096, 65_536]),
  };
}

it(
  `${KILLS} processes killed while they write: nothing acknowledged is lost, nothing is invented, there is no hole`,
  async () => {
    say(`torture: kills from seed ${SEED}`);
    const startedMs = performance.now();
    const total = { kills: 0, whileOpening: 0, acknowledged: 0, entries: 0 };
    let nextSeed = SEED;
    let begun = 0;
    const oneAfterAnother = async (): Promise<void> => {
      while (begun < KILLS) {
        const seed = nextSeed;
        nextSeed += 1;
        const random = new Random(seed);
        const options = drawOptions(random);
        const journal = new KilledJournal(temporaryDirectory('torture-'), options, random);
        let entries = 0;
        for (let kill = 0; kill < KILLS_PER_JOURNAL && begun < KILLS; kill += 1) {
          begun += 1;
          const figures = await journal.killOnce().catch((cause: unknown) => {
            throw new Error(`seed ${seed}, kill ${kill}, ${JSON.stringify(options)}: ${String(cause)}`, {
              cause,
            });
          });
          total.kills += 1;
          if (figures.whileOpening) total.whileOpening += 1;
          total.acknowledged += figures.acknowledged;
          entries = figures.entries;
        }
        total.entries += entries;
      }
    };
    await Promise.all(Array.from({ length: AT_A_TIME }, oneAfterAnother));
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
    say(
      `torture: ${total.kills} processes killed (${total.whileOpening} while opening), seeds ${SEED} … ${nextSeed - 1}, ` +
        `${total.acknowledged} acknowledgements, ${total.entries} entries, ${seconds} s: 0 lost, 0 invented, 0 holes`,
    );
    expect(total.kills).toBe(KILLS);
    expect(total.acknowledged).toBeGreaterThan(KILLS);
  },
  TIMEOUT_MS,
);
