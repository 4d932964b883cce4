// Claims: at most one command runs a job's attempt, wherever in the log a second one stands. All claims of a worker that
// come while one round trip is under way travel together in the next. Called by the partition runners of a worker.
import { setTimeout as delay } from 'node:timers/promises';
import type { Collection, Db } from 'mongodb';
import type { Logger } from '../platform/log.ts';
import { insertSmall, updateSmall } from '../platform/mongo.ts';
import { persist } from '../platform/persist.ts';

/** `_id` names a run, `position` is that of the command, `owner` one term of one partition. */
type ClaimDocument = { _id: string; position: string; owner: string; digest: string; takes: number; at: Date };

/** `id` is `<type>/<id>/<generation>.<attempt>`, and, of a run that was put off, `@` and the position of the command that put it off. */
export type ClaimRequest = { id: string; position: string; owner: string; digest: string };

/** `takes` counts the owners that have begun this command, this one included. */
export type Claim = { kind: 'mine'; takes: number } | { kind: 'duplicate'; samePayload: boolean };

type Waiting = { request: ClaimRequest; resolve: (claim: Claim) => void; reject: (error: unknown) => void };

export type Claims = ReturnType<typeof createClaims>;

const perRoundTrip = 1_000;

/** `dedupMs`: how long a claim is remembered. */
export async function prepareClaims(db: Db, dedupMs: number) {
  await db.collection('claims').createIndex({ at: 1 }, { expireAfterSeconds: Math.ceil(dedupMs / 1_000) });
}

export type ClaimsOptions = { db: Db; log: Logger; fatal: (error: unknown) => void; lingerMs?: number };

export function createClaims({ db, log, fatal, lingerMs = 2 }: ClaimsOptions) {
  const collection: Collection<ClaimDocument> = db.collection('claims');
  let waiting: Waiting[] = [];
  let working = false;
  let closed = false;

  async function work() {
    working = true;
    let last = 0;
    while (waiting.length > 0 && !closed) {
      if (last > 12 && waiting.length < last) await delay(lingerMs);
      const batch = waiting.slice(0, perRoundTrip);
      last = batch.length;
      // While MongoDB is away nothing starts without its claim, and nothing is lost by waiting.
      const requests = batch.map(({ request }) => request);
      const claims = await persist(() => claimAll(requests), { log, what: 'write claims', givenUp: () => closed });
      waiting = waiting.slice(batch.length);
      for (const one of batch) {
        const claim = claims.get(one.request);
        if (claim === undefined) one.reject(new Error(`no answer to the claim ${one.request.id}`));
        else one.resolve(claim);
      }
    }
    working = false;
  }

  async function claimAll(batch: ClaimRequest[]): Promise<Map<ClaimRequest, Claim>> {
    const claims = new Map<ClaimRequest, Claim>();
    await claimFirst(batch, claims);
    return claims;
  }

  /** Most claims are new. */
  async function claimFirst(batch: ClaimRequest[], claims: Map<ClaimRequest, Claim>) {
    if (batch.length === 0) return;
    const at = new Date();
    // Two commands of one job in one round trip: the first is inserted, the second meets it like any other.
    const documents = batch.map(({ id, position, owner, digest }): ClaimDocument => {
      return { _id: id, position, owner, digest, takes: 1, at };
    });
    const taken = new Set(await insertSmall(db, collection.collectionName, documents));
    for (const [i, request] of batch.entries()) if (!taken.has(i)) claims.set(request, { kind: 'mine', takes: 1 });
    await meet(
      batch.filter((_, i) => taken.has(i)),
      claims,
    );
  }

  /** They are there already, or were: a claim is forgotten in time. */
  async function meet(batch: ClaimRequest[], claims: Map<ClaimRequest, Claim>) {
    if (batch.length === 0) return;
    const ids = batch.map(({ id }) => id);
    const found = new Map((await collection.find({ _id: { $in: ids } }).toArray()).map((claim) => [claim._id, claim]));
    const again: ClaimRequest[] = [];
    const gone: ClaimRequest[] = [];
    for (const request of batch) {
      const claim = found.get(request.id);
      if (claim === undefined) gone.push(request);
      else if (claim.position !== request.position)
        claims.set(request, { kind: 'duplicate', samePayload: claim.digest === request.digest });
      else if (claim.owner === request.owner) claims.set(request, { kind: 'mine', takes: claim.takes });
      else {
        claims.set(request, { kind: 'mine', takes: claim.takes + 1 });
        again.push(request);
      }
    }
    if (again.length > 0)
      await updateSmall(
        db,
        collection.collectionName,
        again.map(({ id, owner }) => ({
          q: { _id: id, owner: { $ne: owner } },
          u: { $set: { owner }, $inc: { takes: 1 } },
        })),
      );
    await claimFirst(gone, claims);
  }

  return {
    /** Resolves once the claim is known; waits while MongoDB is away. Never resolves after `close`. */
    claim: (request: ClaimRequest): Promise<Claim> =>
      new Promise((resolve, reject) => {
        waiting.push({ request, resolve, reject });
        if (!working) {
          working = true;
          setImmediate(() => work().catch((error) => closed || fatal(error)));
        }
      }),

    /** Given up in good order: these runs are not held against their jobs. */
    async release(ids: string[], owner: string): Promise<void> {
      if (ids.length > 0)
        await collection.updateMany({ _id: { $in: ids }, owner }, { $inc: { takes: -1 }, $set: { owner: '' } });
    },
    close() {
      closed = true;
    },
  };
}
