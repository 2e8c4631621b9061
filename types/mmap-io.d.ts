/**
 * mmap-io is optional: where it did not compile, npm leaves its types out as well, and the build must not need them.
 * What the library uses of it is declared where it is used.
 */
declare module 'mmap-io';
