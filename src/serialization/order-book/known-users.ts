/**
 * User ids that were written before. A book has few users compared with its events, and an id of 64 digits is its longest
 * field: checking and copying one takes 120 ns, finding it here 20 (*measured*).
 *
 * A table in which each id has one place, that of the last one that belonged there: bounded, and nothing to keep in order.
 */

export const USER_ID_LENGTH = 64;
/** Eight characters at a time; digits are never the pattern of a NaN. */
export const USER_ID_WORDS = USER_ID_LENGTH / 8;
const PLACES = 1024;

const ids: string[] = Array.from({ length: PLACES }, () => '');
/** The bytes of the ids, as doubles: those of the one at `place` from `place * USER_ID_WORDS` on. */
export const userIdWords = new Float64Array(PLACES * USER_ID_WORDS);

/** The place of a known id; -1 for another text of {@link USER_ID_LENGTH}. */
export function findUserId(text: string): number {
  const place = placeOf(text);
  return ids[place] === text ? place : -1;
}

/** Takes an id that was checked. @returns the place for its bytes, which the caller copies to {@link userIdWords} */
export function learnUserId(text: string): number {
  const place = placeOf(text);
  // A copy: the caller's may be a part of a whole request, which it would keep alive.
  ids[place] = Buffer.from(text, 'latin1').toString('latin1');
  return place;
}

/** By some of its digits, from both ends: ids may begin or end alike. */
function placeOf(text: string): number {
  const begin = (text.charCodeAt(0) << 6) ^ (text.charCodeAt(1) << 4);
  const end = (text.charCodeAt(USER_ID_LENGTH - 2) << 3) ^ text.charCodeAt(USER_ID_LENGTH - 1);
  return (begin ^ end) & (PLACES - 1);
}
