export { BigIntField } from './big-int-field.js';
export { certainCopyOf } from './certain-copy.js';
export { toInstance, toPlain } from './class-conversion.js';
export { certainlyRoundTrips } from './class-fidelity.js';
export { differenceOf } from './live-difference.js';
