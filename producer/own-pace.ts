// Requests that have deadlines of their own: bodies that are streams, which may take as long as they like as a whole. Node's
// limit on a request is asked to leave their connections alone. The routes of such bodies add to it, the client-error handler asks.
import type { Socket } from 'node:net';

export type OwnPace = Pick<WeakSet<Socket>, 'add' | 'has' | 'delete'>;

export const createOwnPace = (): OwnPace => new WeakSet<Socket>();
