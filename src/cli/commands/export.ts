import type { CommandContext } from '../command.js';
import { JsonLinesWriter } from '../entries/entry-writer.js';
import { EXIT, type ExitCode } from '../exit-codes.js';
import { NewFile } from '../new-file.js';
import { printSelection, type SelectionOptions } from './cat.js';

export interface ExportOptions extends SelectionOptions {
  readonly force: boolean;
}

export async function runExport(
  context: CommandContext,
  directory: string,
  path: string,
  options: ExportOptions,
): Promise<ExitCode> {
  const { output } = context;
  if (path === '-') {
    const writer = new JsonLinesWriter((bytes) => output.write(bytes));
    return printSelection(context, directory, options, writer);
  }
  const file = await NewFile.create(path, options.force);
  let lines = 0;
  try {
    const writer = new JsonLinesWriter((bytes) => file.write(bytes));
    const counting = {
      add: (entry: Parameters<JsonLinesWriter['add']>[0]) => {
        writer.add(entry);
        lines += 1;
      },
      get isFull() {
        return writer.isFull;
      },
      flush: () => writer.flush(),
    };
    const exitCode = await printSelection(context, directory, options, counting);
    await file.complete();
    output.result({ file: path, entries: lines, complete: exitCode === EXIT.ok }, () =>
      output.line(`${lines} entries written to ${path}`),
    );
    return exitCode;
  } finally {
    await file.discard();
  }
}
