/**
 * User ids that were written before. A book has few users compared with its events, and an id of 64 digits is its longest
 * field: checking and copying one takes 120 ns, finding it here 45 (*measured*).
 *
 * A table in which each id has one place, that of the last one that came there twice in a row: bounded, nothing to keep in order, and
 * hardly any work for an id that does not come again.
 */

export const USER_ID_LENGTH = 64;
/** Eight characters at a time; digits are never the pattern of a NaN. */
export const USER_ID_WORDS = USER_ID_LENGTH / 8;
const PLACE_BITS = 10;
const PLACES = 2 ** PLACE_BITS;
/** 2^32 divided by the golden ratio, as Knuth has it for hashing by multiplication. */
const GOLDEN = 0x9e3779b1;

const ids: string[] = Array.from({ length: PLACES }, () => '');
/** By place, the hash of the id that was looked for there last. */
const hashes = new Int32Array(PLACES);
/** The bytes of the ids, as doubles: those of the one at `place` from `place * USER_ID_WORDS` on. */
export const userIdWords = new Float64Array(PLACES * USER_ID_WORDS);

/** The place of a known id; -1 for another text of {@link USER_ID_LENGTH}. */
export function findUserId(text: string): number {
  const place = placeOf(hashOf(text));
  return ids[place] === text ? place : -1;
}

export function isKnownUserId(text: string): boolean {
  return text.length === USER_ID_LENGTH && findUserId(text) >= 0;
}

/**
 * Takes an id that was checked.
 * @returns the place for its bytes, which the caller copies to {@link userIdWords}; -1 where it is not kept
 */
export function learnUserId(text: string): number {
  const hash = hashOf(text);
  const place = placeOf(hash);
  if (hashes[place] !== hash) {
    hashes[place] = hash;
    return -1;
  }
  // A copy: the caller's may be a part of a whole request, which it would keep alive.
  ids[place] = Buffer.from(text, 'latin1').toString('latin1');
  return place;
}

function placeOf(hash: number): number {
  return Math.imul(hash, GOLDEN) >>> (32 - PLACE_BITS);
}

/** Of some digits from both ends: ids may begin or end alike. */
function hashOf(text: string): number {
  let hash = 0;
  for (let index = 0; index < 4; index++) {
    hash = (Math.imul(hash, 31) + text.charCodeAt(index)) | 0;
    hash = (Math.imul(hash, 31) + text.charCodeAt(USER_ID_LENGTH - 1 - index)) | 0;
  }
  return hash;
}
