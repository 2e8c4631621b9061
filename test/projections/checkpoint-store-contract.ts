import { expect, it } from '@jest/globals';
import type { Checkpoint, CheckpointStore } from '../../src/projections/index.js';

const MAX = 2n ** 64n - 1n;
/** A projection that has handled nothing, one that has caught up, and one that is being rebuilt. */
export const CHECKPOINTS: readonly [Checkpoint, Checkpoint, Checkpoint] = [
  { position: null, entryCrc: null, historyEnd: null, isResetting: false },
  { position: 0n, entryCrc: 0, historyEnd: 0n, isResetting: false },
  { position: MAX, entryCrc: 0xffff_ffff, historyEnd: MAX - 1n, isResetting: true },
];

/** The contract of every checkpoint store. */
export function itStoresCheckpoints(create: () => CheckpointStore): void {
  it('loads nothing before the first save, then the checkpoint that was saved last', async () => {
    const store = create();
    expect(await store.load('balances')).toBeNull();
    for (const checkpoint of CHECKPOINTS) {
      await store.save('balances', checkpoint);
      expect(await store.load('balances')).toEqual(checkpoint);
    }
    expect(await store.load('others')).toBeNull();
  });

  it('separates all names, and saves in the order of the calls', async () => {
    const store = create();
    const names = ['a', 'A', '../a', 'ü/%2e', 'a b', "a';--"];
    await Promise.all(
      names.map((name, index) => store.save(name, { ...CHECKPOINTS[1], position: BigInt(index) })),
    );
    await Promise.all(
      Array.from({ length: 20 }, (_, position) =>
        store.save('a', { ...CHECKPOINTS[1], position: BigInt(position) }),
      ),
    );
    const positions = await Promise.all(names.map(async (name) => (await store.load(name))?.position));
    expect(positions).toEqual([19n, 1n, 2n, 3n, 4n, 5n]);
  });
}
