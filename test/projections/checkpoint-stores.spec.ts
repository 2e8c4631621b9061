import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { FileCheckpointStore, InMemoryCheckpointStore } from '../../src/projections/index.js';
import { temporaryDirectory } from '../support/temporary-directory.js';
import { CHECKPOINTS, itStoresCheckpoints } from './checkpoint-store-contract.js';

describe('InMemoryCheckpointStore', () => {
  itStoresCheckpoints(() => new InMemoryCheckpointStore());
});

describe('FileCheckpointStore', () => {
  itStoresCheckpoints(() => new FileCheckpointStore({ directory: join(temporaryDirectory(), 'a/b') }));

  it('ignores leftovers of a crash, and refuses files that are damaged or belong to another projection', async () => {
    const directory = temporaryDirectory();
    const store = new FileCheckpointStore({ directory });
    await store.save('p', CHECKPOINTS[1]);
    const path = join(directory, 'projection-p.checkpoint');
    writeFileSync(`${path}.tmp`, 'half of a check');
    expect(await new FileCheckpointStore({ directory }).load('p')).toEqual(CHECKPOINTS[1]);
    const intact = readFileSync(path, 'utf8');
    for (let length = 0; length < intact.length; length += 1) {
      writeFileSync(path, intact.slice(0, length));
      await expect(store.load('p')).rejects.toMatchObject({ code: 'JOURNAL_PROJECTION_CHECKPOINT' });
    }
    for (let at = 0; at < intact.length; at += 1) {
      const bytes = Buffer.from(intact);
      bytes[at] = (bytes[at] as number) ^ 1;
      writeFileSync(path, bytes);
      await expect(store.load('p')).rejects.toMatchObject({ code: 'JOURNAL_PROJECTION_CHECKPOINT' });
    }
    writeFileSync(join(directory, 'projection-q.checkpoint'), intact);
    await expect(store.load('q')).rejects.toThrow('belongs to p');
    await store.save('p', CHECKPOINTS[2]);
    expect(readdirSync(directory).sort()).toEqual(['projection-p.checkpoint', 'projection-q.checkpoint']);
  });

  it.each([
    [{}, 'projections.directory'],
    [{ directory: '' }, 'projections.directory'],
    [{ directory: 'x', access: 'all' }, 'projections.access'],
  ])('refuses %j', (options, option) => {
    expect(() => new FileCheckpointStore(options as never)).toThrow(
      expect.objectContaining({ code: 'JOURNAL_INVALID_OPTION', option }),
    );
  });
});
