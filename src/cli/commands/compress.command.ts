import { Option } from 'commander';
import type { CommandDefinition } from '../command.js';
import type { CompressCommandOptions } from './compress.js';

export const compress: CommandDefinition = {
  name: 'compress',
  summary: 'compress the archived segments',
  description:
    'Compresses the archived segments that are not compressed yet, oldest first. Each original is\n' +
    'deleted only after its compressed file has been read back and compared. "gunzip" and "zstd -d" restore a\n' +
    'segment byte for byte. Stop the application first. A running application compresses by itself: see\n' +
    'archiveCompression.',
  examples: [
    { line: 'file-journal compress data/journal', shows: 'compress with gzip' },
    { line: 'file-journal compress data/journal --compression zstd', shows: 'compress with zstd' },
  ],
  configure: (command) =>
    command
      .argument('<directory>', 'directory of the journal')
      .addOption(
        new Option('--compression <name>', 'zstd needs Node.js 22.15, 23.8 or later')
          .choices(['gzip', 'zstd'])
          .default('gzip'),
      ),
  run: async (context, directory: string, options: CompressCommandOptions) =>
    (await import('./compress.js')).runCompress(context, directory, options),
};
