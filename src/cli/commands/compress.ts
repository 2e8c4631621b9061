import type { ArchiveCompression } from '../../file-journal/index.js';
import type { CommandContext } from '../command.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { formatBytes, formatCount } from '../format-values.js';
import { openToMaintain } from '../open-to-maintain.js';

export interface CompressCommandOptions {
  readonly compression: ArchiveCompression;
}

export async function runCompress(
  { output, signal }: CommandContext,
  directory: string,
  { compression }: CompressCommandOptions,
): Promise<ExitCode> {
  const journal = await openToMaintain(output, directory, `archiveCompression: '${compression}'`);
  // Closing ends the run between two blocks; what is compressed stays compressed.
  const stop = (): void => void journal.close().catch(() => undefined);
  signal.addEventListener('abort', stop);
  try {
    const report = await journal.compressArchived(compression);
    const { segments, bytesBefore, bytesAfter } = report;
    output.result(report, () =>
      output.line(
        `compressed ${formatCount(segments)} segments: ${formatBytes(bytesBefore)} to ${formatBytes(bytesAfter)}`,
      ),
    );
    if (!signal.aborted) return EXIT.ok;
    output.note('interrupted; the segments that are compressed stay compressed');
    return EXIT.notReadable;
  } finally {
    signal.removeEventListener('abort', stop);
    await journal.close();
  }
}
