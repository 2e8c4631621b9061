/** Power cuts at random moments, several in a row: the promised entries are there, and no others. */
import { describe, expect, it, jest } from '@jest/globals';
import { tellCrashStory, type StoryOptions } from './crash-story.js';
import { seedFromEnvironment } from '../../support/random.js';

/** The tests compute for seconds, and many times as long on a busy machine. */
jest.setTimeout(600_000);

const SEED = seedFromEnvironment(1_000);
const STORIES = 30;

async function tellStories(count: number, firstSeed: number, options: StoryOptions): Promise<number> {
  let cuts = 0;
  for (let seed = firstSeed; seed < firstSeed + count; seed += 1)
    cuts += (await tellCrashStory(seed, options)).cuts;
  return cuts;
}

describe('after power cuts and kills, a journal holds a prefix with everything acknowledged', () => {
  it.each([
    ['sync, positioned writer', { journal: { durability: 'sync', writer: 'positioned' } }],
    ['sync, mapped writer', { journal: { durability: 'sync', writer: 'mapped' } }],
    ['async, positioned writer', { journal: { durability: 'async', writer: 'positioned' } }],
    ['async, mapped writer', { journal: { durability: 'async', writer: 'mapped' } }],
    ['sync and async in turn', {}],
    ['entries of one length, so that an old one fits behind a new one', { life: { textBytes: 200 } }],
    ['groups that span rotations', { journal: { segmentSizeBytes: 4096 }, life: { textBytes: 'mixed' } }],
    ['segments archived meanwhile', { life: { mayArchive: true, textBytes: 'mixed' } }],
    ['syncs that fail with EIO, and pages that are gone then', { life: { failingSyncs: 0.02 } }],
  ] as const satisfies readonly (readonly [string, StoryOptions])[])('%s', async (_what, options) => {
    expect(await tellStories(STORIES, SEED, options)).toBeGreaterThan(STORIES);
  });
});
