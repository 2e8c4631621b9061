import type { Writable } from 'node:stream';
import Table from 'cli-table3';
import pico from 'picocolors';
import { toJsonText } from './json-text.js';
import { terminalText } from './terminal-text.js';
import { startProgress, type Progress } from './progress.js';

export interface OutputOptions {
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Whether `stdout` is a terminal that shows colours. */
  readonly colors: boolean;
  /** Whether `stderr` is a terminal, which can show progress. */
  readonly interactive: boolean;
  /** Whether the result is one JSON document, and nothing else is written to `stdout`. */
  readonly json: boolean;
}

/** Writes to the terminal for a command. Results go to stdout, everything else to stderr. */
export class Output {
  readonly colors: ReturnType<typeof pico.createColors>;
  readonly isJson: boolean;

  constructor(private readonly options: OutputOptions) {
    this.colors = pico.createColors(options.colors);
    this.isJson = options.json;
  }

  /** Writes the result of a command: `value` with `--json`, the text of `show` without. */
  result(value: unknown, show: () => void): void {
    if (this.isJson) this.json(value);
    else show();
  }

  /** Writes text and a line break. Keeps line breaks in the text. */
  line(text = ''): void {
    const { stdout, colors } = this.options;
    for (const line of text.split('\n')) stdout.write(`${terminalText(line, colors)}\n`);
  }

  /** Writes a value as one line of JSON; bigints become decimal strings. */
  json(value: unknown): void {
    this.options.stdout.write(`${toJsonText(value)}\n`);
  }

  /**
   * Writes bytes as they are. Resolves once the stream has taken them, so that a slow reader slows the
   * command down instead of filling the memory, and the caller may use the buffer again.
   */
  async write(bytes: Uint8Array | string): Promise<void> {
    // The stream reports its failures itself: see main.ts.
    await new Promise<void>((resolve) => this.options.stdout.write(bytes, () => resolve()));
  }

  table(head: readonly string[], rows: readonly (readonly string[])[]): void {
    const table = new Table({
      head: head.map((text) => this.colors.bold(text)),
      chars: NO_BORDERS,
      style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
    });
    const { colors } = this.options;
    table.push(...rows.map((row) => row.map((cell) => terminalText(cell, colors))));
    for (const line of table.toString().split('\n')) this.line(line.trimEnd());
  }

  /** Writes to stderr: a remark that is not part of the result. */
  note(text: string): void {
    this.options.stderr.write(`${terminalText(text, false)}\n`);
  }

  /** A bar on stderr for a long operation; silent where stderr is not a terminal. */
  progress(label: string, totalBytes: number): Progress {
    return startProgress(this.options.stderr, this.options.interactive, label, totalBytes);
  }
}

/** Columns that are separated by spaces can be copied, and `awk` and `sort` understand them. */
const NO_BORDERS = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '',
};
