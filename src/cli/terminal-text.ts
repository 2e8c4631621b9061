/**
 * Text that a terminal may show. Names and messages come from files that others have written: a name with an
 * escape sequence could hide lines, and one with a line break could forge them.
 */

/** Characters that steer a terminal, and those that reorder or hide what is shown. */
const UNSAFE = /[\p{Cc}\p{Cf}\u2028\u2029]/gu;
/** The colours of Output, which are not escaped. It uses no others. */
const COLOR = /(\u001b\[(?:1|2|22|31|32|33|34|35|36|39)m)/;

/** One line of text, with `\u{…}` for every character that is not safe. */
export function terminalText(text: string, withColors: boolean): string {
  if (!withColors) return escaped(text);
  return text
    .split(COLOR)
    .map((part) => (COLOR.test(part) ? part : escaped(part)))
    .join('');
}

/** The same for text of JSON, which stays JSON. */
export function terminalJson(text: string): string {
  return text.replace(UNSAFE, (character) =>
    // A character beyond 16 bits takes two escapes.
    [...Array(character.length).keys()]
      .map((index) => `\\u${character.charCodeAt(index).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}

function escaped(text: string): string {
  return text.replace(UNSAFE, (character) => `\\u{${character.codePointAt(0)?.toString(16) ?? ''}}`);
}
