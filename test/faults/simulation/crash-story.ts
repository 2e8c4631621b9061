/**
 * Several lives of one journal: cut, recover, cut during recovery, append, cut again. One seed decides all
 * choices.
 */
import type { FileSystem } from '../../../src/file-journal/index.js';
import { live, type LifeOptions } from './crash-life.js';
import { JournalHistory } from './journal-history.js';
import { Random } from '../../support/random.js';
import type { NameOrder } from './simulated-directory.js';
import { SimulatedDisk } from './simulated-disk.js';
import type { Tearing } from './simulated-file.js';

const CHECKPOINT = 'journal.checkpoint';

export interface StoryOptions {
  /** Wraps the disk. */
  readonly between?: (files: FileSystem) => FileSystem;
  /** Settings of all lives. Omitted ones are random. */
  readonly life?: Partial<
    Pick<LifeOptions, 'textBytes' | 'mayArchive' | 'rounds' | 'failingSyncs' | 'flushes'>
  >;
  readonly journal?: LifeOptions['journal'];
  readonly lives?: number;
  /** Probability that a life ends with the process alone, without a power cut. @default 0.2 */
  readonly kills?: number;
  /** Probability that a life ends while the journal opens or soon after. @default 0.3 */
  readonly shortLives?: number;
}

export interface StoryFigures {
  readonly cuts: number;
  readonly cutsWhileOpening: number;
  readonly kills: number;
  readonly entries: number;
}

/** @throws the broken promise, with the seed and the last steps of the disk */
export async function tellCrashStory(seed: number, options: StoryOptions = {}): Promise<StoryFigures> {
  const random = new Random(seed);
  const figures = { cuts: 0, cutsWhileOpening: 0, kills: 0, entries: 0 };
  let disk = new SimulatedDisk(random, {
    allocates: random.chance(0.8),
    maxSyncTurns: random.pick([0, 1, 4, 10]),
  });
  const history = new JournalHistory(random.pick([0n, 0n, 1n, 77n, 2n ** 53n - 4n]));
  const journal = { ...drawJournalOptions(random), ...options.journal };
  const maxUnsyncedBytes = options.journal?.maxUnsyncedBytes ?? random.pick([4096, 8192, 65_536]);
  const mayArchive = random.chance(0.3);
  const common = {
    maxUnsyncedBytes,
    textBytes: random.pick<LifeOptions['textBytes']>([20, 200, 'mixed', 'mixed']),
    mayArchive,
    isUnhurried: random.chance(0.5),
    ...options.life,
    ...(options.between === undefined ? {} : { between: options.between }),
  };
  const order: NameOrder = random.pick(['ordered', 'any']);
  let cutSinceChecked = false;
  try {
    for (let life = options.lives ?? random.integer(3, 8); life > 0; life -= 1) {
      const isShort = random.chance(options.shortLives ?? 0.3);
      disk.cutAfter(isShort ? random.integer(0, 25) : random.integer(10, 160));
      const isChecked = await live(disk, history, random, {
        rounds: random.integer(5, 40),
        ...common,
        journal: { ...journal, ...drawDurability(random, options.journal) },
        afterKill: !cutSinceChecked,
      });
      // Data that the device lost in a failed sync counts as lost in a power cut.
      if (isChecked) cutSinceChecked = disk.hasFailed;
      else figures.cutsWhileOpening += 1;
      figures.entries += Math.max(0, history.acknowledged);
      if (random.chance(options.kills ?? 0.2)) {
        figures.kills += 1;
        disk = disk.afterKill();
      } else {
        figures.cuts += 1;
        cutSinceChecked = true;
        disk = disk.afterPowerCut(drawTearing(random), order);
        if (random.chance(0.1)) damageCheckpoint(disk, random);
      }
    }
    await live(disk, history, random, { ...common, rounds: 0, journal, afterKill: !cutSinceChecked });
    return figures;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? `: ${error.cause.message}` : '';
    throw new Error(
      `seed ${seed}: ${error instanceof Error ? error.message : String(error)}${cause}\n${JSON.stringify({ ...journal, maxUnsyncedBytes, order })}\n${disk.trace.slice(-60).join('\n')}`,
      { cause: error },
    );
  }
}

function drawTearing(random: Random): Tearing {
  return random.pick(['none', 'all', 'pages', 'pages', 'states', 'states', 'sectors', 'sectors']);
}

function drawJournalOptions(random: Random): LifeOptions['journal'] {
  return {
    segmentSizeBytes: random.pick([4096, 8192, 16_384, 65_536]),
    writer: random.pick(['positioned', 'mapped']),
    reader: random.pick(['positioned', 'mapped']),
    mapper: 'koffi',
  };
}

function drawDurability(
  random: Random,
  given: LifeOptions['journal'] | undefined,
): Pick<LifeOptions['journal'], 'durability' | 'syncIntervalMs'> {
  return {
    durability: given?.durability ?? random.pick(['sync', 'async']),
    syncIntervalMs: given?.syncIntervalMs ?? random.pick([1, 60_000]),
  };
}

/** A checkpoint is only a lower bound: with an earlier one, or none, the journal opens and loses nothing. */
function damageCheckpoint(disk: SimulatedDisk, random: Random): void {
  const checkpoint = disk.journalFiles().get(CHECKPOINT);
  if (checkpoint === undefined) return;
  const content = Buffer.alloc(8192);
  checkpoint.content.copy(content);
  const damage = random.integer(0, 2);
  if (damage === 0) return disk.replaceFile(CHECKPOINT, Buffer.alloc(content.length));
  const slot = random.integer(0, 1) * 4096;
  if (damage === 1) content.fill(0, slot, slot + 4096);
  else random.bytes(64).copy(content, slot);
  disk.replaceFile(CHECKPOINT, content);
}
