import { createRequire } from 'node:module';
import type { FileJournalOptions } from '../../src/file-journal/index.js';

export interface EngineVariant {
  readonly name: string;
  readonly options: Pick<FileJournalOptions, 'writer' | 'reader' | 'mapper'>;
}

/** Whether the optional mmap-io is installed and loads here. */
export const MMAP_IO_LOADS = ((): boolean => {
  try {
    createRequire(import.meta.url)('mmap-io');
    return true;
  } catch {
    return false;
  }
})();

if (!MMAP_IO_LOADS && process.env['REQUIRE_MMAP_IO'] === '1') {
  throw new Error('mmap-io does not load, although this machine can compile it');
}
if (!MMAP_IO_LOADS) console.warn('mmap-io does not load here: the suite runs with koffi as the only mapper');

const MAPPERS = MMAP_IO_LOADS ? (['mmap-io', 'koffi'] as const) : (['koffi'] as const);

const ALL_VARIANTS: readonly EngineVariant[] = MAPPERS.flatMap((mapper) =>
  (['positioned', 'mapped'] as const).flatMap((writer) =>
    (['mapped', 'positioned'] as const).map((reader) => ({
      name: `${writer} writer, ${reader} reader, ${mapper}`,
      options: { writer, reader, mapper },
    })),
  ),
);

/** The defaults with each mapper, and what differs most from them. */
const FEW_VARIANTS = ALL_VARIANTS.filter(({ options: { writer, reader, mapper } }) =>
  writer === 'positioned' ? reader === 'mapped' : reader === 'positioned' && mapper === 'koffi',
);

/** Every way the engine can write, read and map, or the part of it that a run asks for. */
export const ENGINE_VARIANTS: readonly EngineVariant[] = chosenVariants();

function chosenVariants(): readonly EngineVariant[] {
  // `npm run test:fast`: the defaults.
  if (process.env['TEST_VARIANTS'] === 'default') return ALL_VARIANTS.slice(0, 1);
  // Other releases of Node.js and NestJS.
  return process.env['COMPAT_SUITE'] === undefined ? ALL_VARIANTS : FEW_VARIANTS;
}

/** The ways that matter to a reader. */
export const READER_VARIANTS = ENGINE_VARIANTS.filter(({ options }) => options.writer === 'positioned').map(
  ({ options: { reader, mapper } }) => ({ name: `${reader} reader, ${mapper}`, options: { reader, mapper } }),
);

/** The ways that matter to a writer. */
export const WRITER_VARIANTS = ENGINE_VARIANTS.filter(({ options }) => options.reader === 'mapped').map(
  ({ options: { writer, mapper } }) => ({ name: `${writer} writer, ${mapper}`, options: { writer, mapper } }),
);
