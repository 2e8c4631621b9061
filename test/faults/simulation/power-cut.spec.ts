/** Several power cuts in a row, at random moments: the promised entries exist, and no others. */
import { describe, expect, it, jest } from '@jest/globals';
import { tellCrashStory, type StoryOptions } from './crash-story.js';
import { seedFromEnvironment } from '../../support/random.js';

/** The tests compute for seconds on an idle machine, and for minutes on a busy one. */
jest.setTimeout(600_000);

const SEED = seedFromEnvironment(1_000);
const STORIES = 30;

async function tellStories(count: number, firstSeed: number, options: StoryOptions): Promise<number> {
  let cuts = 0;
  for (let seed = firstSeed; seed < firstSeed + count; seed += 1)
    cuts += (await tellCrashStory(seed, options)).cuts;
  return cuts;
}

describe('after power cuts and kills, a journal holds a prefix with every acknowledged entry', () => {
  it.each([
    ['sync, positioned writer', { journal: { durability: 'sync', writer: 'positioned' } }],
    ['sync, mapped writer', { journal: { durability: 'sync', writer: 'mapped' } }],
    ['async, positioned writer', { journal: { durability: 'async', writer: 'positioned' } }],
    ['async, mapped writer', { journal: { durability: 'async', writer: 'mapped' } }],
    ['sync and async in turn', {}],
    ['entries of one length, so that an old one can follow a new one', { life: { textBytes: 200 } }],
    ['groups that span rotations', { journal: { segmentSizeBytes: 4096 }, life: { textBytes: 'mixed' } }],
    ['segments archived meanwhile', { life: { mayArchive: true, textBytes: 'mixed' } }],
    ['syncs that fail with EIO and lose their pages', { life: { failingSyncs: 0.02 } }],
  ] as const satisfies readonly (readonly [string, StoryOptions])[])('%s', async (_what, options) => {
    expect(await tellStories(STORIES, SEED, options)).toBeGreaterThan(STORIES);
  });
});
