/** A value as JSON on one line. A bigint becomes a decimal string, as in the `toJSON` of an entry. */
export function toJsonText(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === 'bigint' ? member.toString() : member,
  );
}
