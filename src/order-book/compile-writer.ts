import { piece } from '../serialization/index.js';
import type { AsciiWriter, Piece } from '../serialization/index.js';
import type { EnumType, Field, ListType, StructType, Type } from './schema-elements.js';
import { isSince } from './write-rules.js';
import type { WriteRules } from './write-rules.js';
import { UNUSUAL, anyWriter, booleanWriter, integerWriter, jsonOf, stringWriter } from './write-values.js';
import type { Write } from './write-values.js';

/**
 * Compiles the writer of a command or result: one closure for each value in the schema. A closure writes its
 * value and the text up to the next value.
 *
 * The writer accepts every value that the check of the type returns, and any other value in the same shape.
 * It throws UNUSUAL for all other values.
 * @param after the text after the value
 */
export function compileWriter(type: EnumType, rules: WriteRules, after = ''): Write {
  return new WriterCompiler(rules).writerBehind('', type, after, 1);
}

/**
 * Returns the JSON text that every value of a type begins with. Readers and writers join it to the text
 * before the value.
 */
export function openingOf(type: Type): string {
  switch (type.kind) {
    case 'string':
      return '"';
    case 'list':
      return '[';
    case 'struct': {
      const first = type.fields[0] as Field;
      return `{${first.label}${openingOf(first.type)}`;
    }
    default:
      return '';
  }
}

/** A field of a struct, with its writer. */
interface Step {
  readonly name: string;
  readonly write: Write;
  readonly optional: boolean;
  /** The text for an optional field without a value; null for no text. */
  readonly filler: Piece | null;
}

/** A struct, as its writer needs it. */
interface Steps {
  readonly steps: readonly Step[];
  /** The closing bracket of the struct and the text after it. */
  readonly closing: Piece;
  readonly nesting: number;
}

class WriterCompiler {
  constructor(private readonly rules: WriteRules) {}

  /** Returns the writer of the text `before`, a value inside `nesting` brackets, and the text `after`. */
  writerBehind(before: string, type: Type, after: string, nesting: number): Write {
    return this.writer(before + openingOf(type), type, after, nesting);
  }

  /** {@link writerBehind} for a text `before` that includes the opening of the value. */
  private writer(before: string, type: Type, after: string, nesting: number): Write {
    const opening = before === '' ? null : piece(before);
    switch (type.kind) {
      case 'integer':
        return behind(opening, integerWriter(type, piece(after)));
      case 'string':
        return stringWriter(this.rules.ids === 'checked' ? type.of : 'text', opening, piece(`"${after}`));
      case 'boolean':
        return booleanWriter(piece(`${before}true${after}`), piece(`${before}false${after}`));
      case 'nullable': {
        const write = this.writerBehind(before, type.item, after, nesting);
        return nullOr(piece(`${before}null${after}`), write);
      }
      case 'list':
        return behind(opening, this.listWriter(type, after, nesting));
      case 'struct':
        return this.structWriter(opening, type, after, nesting);
      case 'enum':
        return this.enumWriter(before, type, after, nesting);
      case 'any':
        return nullOr(piece(`${before}null${after}`), behind(opening, anyWriter(piece(after), nesting)));
    }
  }

  private listWriter({ item }: ListType, after: string, nesting: number): Write {
    const writeFirst = this.writerBehind('', item, '', nesting + 1);
    const writeNext = this.writerBehind(',', item, '', nesting + 1);
    const closing = piece(`]${after}`);
    return (w, items) => {
      if (!Array.isArray(items)) throw UNUSUAL;
      for (let index = 0; index < items.length; index++) {
        if (index === 0) writeFirst(w, items[index]);
        else writeNext(w, items[index]);
      }
      w.piece(closing);
    };
  }

  private enumWriter(before: string, { variants, since }: EnumType, after: string, nesting: number): Write {
    const known = [...variants].filter(([tag]) => isSince(this.rules.engine, since.get(tag)));
    const tags = known.map(([tag]) => tag);
    const words = known.map(([tag, content]) => (content ? null : piece(`${before}"${tag}"${after}`)));
    const writers: (Write | null)[] = known.map(() => null);
    // Compiled when it is first needed: few journals have values of every variant.
    const compileVariant = (index: number): Write => {
      const [tag, content] = known[index] as (typeof known)[number];
      if (content === null) throw UNUSUAL;
      const write = this.writerBehind(`${before}{"${tag}":`, content, `}${after}`, nesting + 1);
      writers[index] = write;
      return write;
    };
    return (w, value) => {
      if (typeof value === 'string') {
        const word = words[indexOf(value, tags)];
        if (!word) throw UNUSUAL;
        w.piece(word);
        return;
      }
      if (typeof value !== 'object' || value === null) throw UNUSUAL;
      let isWritten = false;
      // V8 loads the current property of a for-in loop without a lookup, whatever the hidden class of the
      // object.
      for (const tag in value) {
        if (isWritten) throw UNUSUAL;
        const index = indexOf(tag, tags);
        const write = writers[index] ?? compileVariant(index);
        write(w, (value as Record<string, unknown>)[tag]);
        isWritten = true;
      }
      if (!isWritten) throw UNUSUAL;
    };
  }

  private structWriter(opening: Piece | null, type: StructType, after: string, nesting: number): Write {
    const { fields, rule } = type;
    const steps = fields.map((field, index) => this.step(field, fields[index + 1], `}${after}`, nesting + 1));
    const struct: Steps = { steps, closing: piece(`}${after}`), nesting: nesting + 1 };
    const count = steps.length;
    const closing = fields.at(-1)?.optional ? struct.closing : null;
    const write: Write = (w, value) => {
      if (typeof value !== 'object' || value === null) throw UNUSUAL;
      const record = value as Record<string, unknown>;
      if (opening !== null) w.piece(opening);
      let index = 0;
      // Most objects have their properties in schema order. See also the loop over tags above.
      for (const key in record) {
        const step = index < count ? (steps[index] as Step) : null;
        if (step === null || step.name !== key) return writeFrom(index, struct, w, record);
        step.write(w, record[key]);
        index++;
      }
      for (; index < count; index++) writeMissing(w, steps[index] as Step);
      if (closing !== null) w.piece(closing);
    };
    if (!rule || this.rules.ids !== 'checked' || !isSince(this.rules.engine, rule.since)) return write;
    const { contradiction } = rule;
    return (w, value) => {
      write(w, value);
      // The check reports what contradicts what.
      if (contradiction(value as Record<string, unknown>) !== null) throw UNUSUAL;
    };
  }

  /**
   * Returns the step of a field. A required field writes the text up to the next one. An optional field,
   * which may be missing, writes its own name, and the struct writes the closing bracket after it.
   */
  private step(field: Field, next: Field | undefined, closing: string, nesting: number): Step {
    const { name, label, type, optional, filler } = field;
    const { engine } = this.rules;
    if (optional) {
      const isFilled = filler !== undefined && engine !== undefined && isSince(engine, filler.since);
      const write = this.writerBehind(`,${label}`, type, '', nesting);
      return { name, write, optional, filler: isFilled ? piece(`,${label}${filler.text}`) : null };
    }
    let after = closing;
    if (next !== undefined) after = next.optional ? '' : `,${next.label}${openingOf(next.type)}`;
    return { name, write: this.writer('', type, after, nesting), optional, filler: null };
  }
}

/**
 * Writes the fields from `from` on in schema order, whatever their order in the record, and then the unknown
 * fields.
 */
function writeFrom(from: number, struct: Steps, w: AsciiWriter, record: Record<string, unknown>): void {
  const { steps, closing } = struct;
  let known = from;
  for (let index = from; index < steps.length; index++) {
    const step = steps[index] as Step;
    const item = record[step.name];
    if (item === undefined) {
      writeMissing(w, step);
    } else {
      step.write(w, item);
      known++;
    }
  }
  if (steps.at(-1)?.optional) w.piece(closing);
  let properties = 0;
  for (const _ in record) properties++;
  if (properties !== known) writeUnknown(struct, w, record);
}

/** Writes the fields that the schema does not know instead of the closing bracket, and then the bracket. */
function writeUnknown(
  { steps, closing, nesting }: Steps,
  w: AsciiWriter,
  record: Record<string, unknown>,
): void {
  w.rewind(w.writtenBytes - closing.bytes.length);
  for (const key in record) {
    if (!Object.hasOwn(record, key)) throw UNUSUAL;
    if (steps.some(({ name }) => name === key)) continue;
    w.text(`,${jsonOf(key, nesting)}:${jsonOf(record[key], nesting)}`);
  }
  w.piece(closing);
}

function writeMissing(w: AsciiWriter, { optional, filler }: Step): void {
  if (!optional) throw UNUSUAL;
  if (filler !== null) w.piece(filler);
}

/** Like `texts.indexOf(text)`, in a form that V8 inlines. */
function indexOf(text: string, texts: readonly string[]): number {
  for (let index = 0; index < texts.length; index++) if (texts[index] === text) return index;
  throw UNUSUAL;
}

function behind(opening: Piece | null, write: Write): Write {
  if (opening === null) return write;
  return (w, value) => {
    w.piece(opening);
    write(w, value);
  };
}

function nullOr(whenNull: Piece, write: Write): Write {
  return (w, value) => {
    if (value === null) w.piece(whenNull);
    else write(w, value);
  };
}
