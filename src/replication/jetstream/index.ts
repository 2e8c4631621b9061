/** The stream of a replicated journal in NATS JetStream. Only this folder imports packages of NATS. */
export { JetStreamStream, type JetStreamStreamOptions } from './jetstream-stream.js';
