/** The control characters that JSON allows in a string. Some terminals act on them. */
const CONTROLS = /[\u007f-\u009f]/g;

/** A value as JSON on one line. A bigint becomes a decimal string, as in the `toJSON` of an entry. */
export function toJsonText(value: unknown): string {
  const text = JSON.stringify(value, (_key, member: unknown) =>
    typeof member === 'bigint' ? member.toString() : member,
  );
  return text.replace(CONTROLS, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
