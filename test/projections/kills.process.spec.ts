/** Projections of real applications that are killed while they boot, catch up, handle, store and rebuild. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { FileJournal } from '../../src/file-journal/index.js';
import { SqliteCheckpointStore } from '../../src/projections/index.js';
import { Random, seedFromEnvironment } from '../support/random.js';
import { SQLITE_DIRECTORY, WITHOUT_SQLITE, loadSqlite } from '../support/better-sqlite3.js';
import { startChild } from '../support/child.js';
import { temporaryDirectory } from '../support/temporary-directory.js';

const LEDGER = new URL('./children/ledger.mjs', import.meta.url);
/** On other releases of Node.js and NestJS a few are enough. */
const QUICK_ROUNDS = process.env['COMPAT_SUITE'] === undefined ? 12 : 4;
/** `npm run torture`. */
const DEFAULT_ROUNDS = process.env['TORTURE'] === 'full' ? 200 : QUICK_ROUNDS;
const ROUNDS = Number(process.env['PROJECTION_ROUNDS'] ?? DEFAULT_ROUNDS);
/** The store in one file replaces SQLite if that is missing; beside SQLite a few rounds are enough. */
const FILE_ROUNDS = SQLITE_DIRECTORY === null ? ROUNDS : Math.ceil(ROUNDS / 4);
const SEED = seedFromEnvironment(20_000);
/** Number of deposits before the first projection. */
const HISTORY = 50n;
const REPORT_EVERY = 10;
const TIMEOUT_MS = 300_000 + ROUNDS * 30_000;

type StoreKind = 'sqlite' | 'file';

interface Ledger {
  readonly sum: number;
  readonly hash: number;
  readonly accounts: Readonly<Record<string, number>>;
}

type Command = { Deposit: [string, number] } | { Reward: { cents: number; of: number; key: string } };

interface Found {
  /** Position of the checkpoint. */
  readonly position: bigint | null;
  /** Position before the latest rebuild. */
  readonly historyEnd: bigint | null;
  readonly ledger: Ledger;
}

/** Content of the store; null before it exists. */
async function readStore(directory: string, kind: StoreKind): Promise<Found | null> {
  if (kind === 'file') {
    const path = join(directory, 'ledger.json');
    if (!existsSync(path)) return null;
    const { ledger, checkpoints } = JSON.parse(readFileSync(path, 'utf8')) as {
      ledger: Ledger;
      checkpoints: Record<string, { position: string | null; historyEnd: string | null } | undefined>;
    };
    const { position = null, historyEnd = null } = checkpoints['ledger'] ?? {};
    return { position: bigintOf(position), historyEnd: bigintOf(historyEnd), ledger };
  }
  const path = join(directory, 'ledger.sqlite');
  if (!existsSync(path)) return null;
  const connection = new (loadSqlite())(path);
  try {
    const has = connection
      .prepare("SELECT count(*) AS n FROM sqlite_master WHERE name IN ('accounts', 'totals')")
      .get();
    const rows = connection.prepare('SELECT json_group_object(account, cents) AS json FROM accounts');
    if ((has as { n: number }).n < 2) return null;
    const checkpoint = await new SqliteCheckpointStore({ connection }).load('ledger');
    const totals = connection.prepare('SELECT sum, hash FROM totals').get() as
      { sum: number; hash: number } | undefined;
    if (totals === undefined) return null;
    const accounts = JSON.parse((rows.get() as { json: string }).json) as Record<string, number>;
    const { position = null, historyEnd = null } = checkpoint ?? {};
    return { position, historyEnd, ledger: { ...totals, accounts } };
  } catch (error) {
    // Killed before the tables existed.
    if (/no such table/.test(String(error))) return null;
    throw error;
  } finally {
    connection.close();
  }
}

function bigintOf(text: string | null): bigint | null {
  return text === null ? null : BigInt(text);
}

/** The ledger at `position`, computed from the journal. */
function fold(journal: FileJournal, position: bigint | null): Ledger {
  const ledger = { sum: 0, hash: 0, accounts: {} as Record<string, number> };
  for (const { sequenceNum, event } of journal.readFrom(0)) {
    if (position === null || sequenceNum > position) break;
    const command = event.command as Command;
    const [account, cents] =
      'Deposit' in command ? command.Deposit : (['rewards', command.Reward.cents] as const);
    ledger.accounts[account] = (ledger.accounts[account] ?? 0) + cents;
    ledger.sum += cents;
    ledger.hash = (ledger.hash * 31 + Number(sequenceNum) * 7 + cents + 1) % 2_147_483_647;
  }
  return ledger;
}

/**
 * Rewards: none for history, at least one for every fifth deposit after it, and all of one deposit with the
 * same key.
 */
function checkRewards(journal: FileJournal): { rewards: number; repeated: number } {
  const keys = new Map<number, string[]>();
  const earned: number[] = [];
  for (const { sequenceNum, event } of journal.readFrom(0)) {
    const command = event.command as Command;
    if ('Reward' in command) {
      const { of, key } = command.Reward;
      keys.set(of, [...(keys.get(of) ?? []), key]);
    } else if (sequenceNum >= HISTORY && sequenceNum % 5n === 0n) earned.push(Number(sequenceNum));
  }
  expect([...keys.keys()].filter((of) => of < HISTORY)).toEqual([]);
  expect(earned.filter((of) => !keys.has(of))).toEqual([]);
  for (const [of, given] of keys) expect(new Set(given)).toEqual(new Set([`rewards/${of}/0/0`]));
  const rewards = [...keys.values()].flat().length;
  return { rewards, repeated: rewards - keys.size };
}

async function run(directory: string, kind: StoreKind, mode: string): Promise<void> {
  const child = start(directory, kind, mode);
  await child.line(mode === 'prepare' ? '"prepared"' : '"closed"');
  expect(await child.exited).toEqual({ code: 0, signal: null });
}

function start(directory: string, kind: StoreKind, mode: string, percent = '') {
  return startChild(LEDGER, [directory, kind, mode, percent], [], {
    BETTER_SQLITE3_DIRECTORY: SQLITE_DIRECTORY ?? '',
  });
}

type Moment = 'booting' | 'trading' | 'rebuilding';

/** Starts an application and kills it at a random point. */
async function startAndKill(
  directory: string,
  kind: StoreKind,
  round: number,
  random: Random,
): Promise<Moment> {
  const moment: Moment =
    round === 1 || random.chance(0.4) ? 'rebuilding' : random.chance(0.5) ? 'trading' : 'booting';
  // With nothing to catch up, the rebuild comes before the application has started its projections.
  const isUpToDate = round > 1 && moment === 'rebuilding' && random.chance(0.3);
  if (isUpToDate) await run(directory, kind, 'report');
  const percent =
    round > 1 && random.chance(isUpToDate ? 0.6 : 0.2) ? 'reset' : String(random.integer(0, 80));
  const child = start(directory, kind, moment === 'rebuilding' ? 'rebuild' : 'trade', percent);
  const [line, upToMs] = (
    { booting: ['"opening"', 300], trading: ['"open"', 400], rebuilding: ['"rebuilding"', 40] } as const
  )[moment];
  await child.line(line);
  await delay(random.integer(0, upToMs));
  await child.kill('SIGKILL');
  return moment;
}

describe.each<[StoreKind, number, boolean]>([
  ['file', FILE_ROUNDS, true],
  ['sqlite', ROUNDS, SQLITE_DIRECTORY !== null],
])('a projection with a transactional store (%s)', (kind, rounds, isThere) => {
  (isThere ? it : it.skip)(
    `equals a fold over the journal, whenever its process is killed: ${rounds} rounds from seed ${SEED}${isThere ? '' : WITHOUT_SQLITE}`,
    async () => {
      const random = new Random(SEED);
      const directory = temporaryDirectory('ledger-');
      const figures = { booting: 0, trading: 0, rebuilding: 0, inTheMiddle: 0, rebuildHit: 0 };
      await run(directory, kind, 'prepare');
      for (let round = 1; round <= rounds; round += 1) {
        const moment = await startAndKill(directory, kind, round, random);
        figures[moment] += 1;
        {
          // Read before the next start could repair it.
          const found = await readStore(directory, kind);
          await using journal = await FileJournal.open({ directory, segmentSizeBytes: 65_536 });
          const { position, historyEnd, ledger } = found ?? {
            position: null,
            historyEnd: null,
            ledger: fold(journal, null),
          };
          if (position !== journal.lastSequence) figures.inTheMiddle += 1;
          if (moment === 'rebuilding' && (position ?? -1n) < (historyEnd ?? -1n)) figures.rebuildHit += 1;
          expect({ round, ledger }).toEqual({ round, ledger: fold(journal, position) });
        }
        if (round % REPORT_EVERY === 0 || round === rounds) {
          await run(directory, kind, 'report');
          const found = await readStore(directory, kind);
          await using journal = await FileJournal.open({ directory, segmentSizeBytes: 65_536 });
          expect(found?.position).toBe(journal.lastSequence);
          expect(found?.ledger).toEqual(fold(journal, journal.lastSequence));
        }
      }
      await using journal = await FileJournal.open({ directory, segmentSizeBytes: 65_536 });
      const { rewards, repeated } = checkRewards(journal);
      process.stdout.write(
        `projections (${kind}): ${rounds} processes killed from seed ${SEED}: ${figures.booting} while booting, ${figures.trading} while ` +
          `trading, ${figures.rebuilding} in a rebuild (${figures.rebuildHit} found half rebuilt), ${figures.inTheMiddle} with a lag; ${(journal.lastSequence ?? -1n) + 1n} entries, ` +
          `${rewards} commands, ${repeated} repeated with their key: 0 differences\n`,
      );
    },
    TIMEOUT_MS,
  );
});
