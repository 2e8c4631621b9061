import { asBuffer } from '../../common/index.js';
import { DOMAIN_EVENTS_TAG, fromCommand, singleProperty } from '../../events/envelope/index.js';
import type { JournalEntry } from '../../journal/index.js';
import { trailingCommandId } from '../../serialization/index.js';
import { DecodedPayload, nameOf } from './decoded-payload.js';
import type { AggregateName, PayloadFilterOptions } from './filter-options.js';
import type { WhereExpression } from './where-expression.js';

/** Chooses entries by their payloads. It decodes a payload only if its raw bytes cannot rule it out. */
export class PayloadFilter {
  private readonly tests: readonly ((payload: DecodedPayload, entry: JournalEntry) => boolean)[];
  /** Texts that the payload of every chosen entry contains, unless it contains an escape. */
  private readonly texts: readonly Buffer[];

  private constructor(
    { aggregate, event, commandId }: PayloadFilterOptions,
    private readonly where: WhereExpression | null,
  ) {
    const { type = null, id = null } = aggregate ?? {};
    const names = [type, id, event ?? null, commandId ?? null].filter((name) => name !== null);
    this.texts = names.map((name) => Buffer.from(`"${name}"`));
    const tests: ((payload: DecodedPayload, entry: JournalEntry) => boolean)[] = [];
    if (commandId !== undefined) tests.push((payload, entry) => commandIdOf(payload, entry) === commandId);
    if (event !== undefined) tests.push((payload) => namesOf(payload.record.command).includes(event));
    if (aggregate !== undefined) tests.push((payload) => concerns(payload.record.command, aggregate));
    if (where !== null) tests.push((payload, entry) => where.matches(payload, entry));
    this.tests = tests;
  }

  /**
   * @returns null if the options choose every entry
   * @throws (rejects) InvalidArgumentError (`JOURNAL_INVALID_ARGUMENT`) for a wrong expression
   */
  static async create(options: PayloadFilterOptions): Promise<PayloadFilter | null> {
    const { where } = options;
    const expression =
      where === undefined ? null : await (await import('./where-expression.js')).compileWhere(where);
    const filter = new PayloadFilter(options, expression);
    return filter.tests.length === 0 ? null : filter;
  }

  /** Runs a piece of work that filters entries. Stops an expression that does not end. */
  run<T>(work: () => T): T {
    return this.where === null ? work() : this.where.withTimeLimit(work);
  }

  /** @throws DeserializationError (`JOURNAL_DESERIALIZATION`) with the location of the entry */
  matches(entry: JournalEntry): boolean {
    if (!this.mayMatch(asBuffer(entry.payload))) return false;
    const payload = new DecodedPayload(entry);
    return this.tests.every((test) => test(payload, entry));
  }

  /** A remark on entries for which the expression has no value; null if there were none. */
  get remark(): string | null {
    return this.where?.remark ?? null;
  }

  /** In JSON without a backslash, every string is written as it is. */
  private mayMatch(payload: Buffer): boolean {
    return this.texts.every((text) => payload.includes(text)) || payload.includes(BACKSLASH);
  }
}

const BACKSLASH = 0x5c;

function commandIdOf(payload: DecodedPayload, entry: JournalEntry): string | null {
  const found = trailingCommandId(entry.payload);
  if (found === 'unclear') return payload.commandId;
  return found === null ? null : found.id;
}

/** The names of the events or of the command in an entry. */
export function namesOf(command: unknown): readonly string[] {
  const tagged = singleProperty(command);
  if (tagged?.name === DOMAIN_EVENTS_TAG && Array.isArray(tagged.value)) {
    return tagged.value.map(nameOf).filter((name) => name !== null);
  }
  const name = nameOf(command);
  return name === null ? [] : [name];
}

/** An entry of the first releases holds no aggregate type, so only an id finds it. */
function concerns(command: unknown, { type, id }: AggregateName): boolean {
  return (fromCommand(command) ?? []).some(
    ({ aggregateType, aggregateId }) =>
      (type === null || aggregateType === type) && (id === null || aggregateId === id),
  );
}
