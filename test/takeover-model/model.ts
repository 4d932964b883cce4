// Owners that take one partition over from each other, and every step that any of them, the network or Kafka can take
// next. Time does not exist: a step may come at once or after all others, which covers pauses, crashes and slow requests.
// To claim, run and send an outcome is one step: an owner that dies between them is one whose request never arrives.
import { append, type Batch, forgetIdentity, forgetProducer, open } from './broker.ts';
import type { Assumptions, Guards } from './guards.ts';
import { checkpointOf, done, heard, newOwner, type Owner, readLog, settle, stopped } from './owner.ts';
import type { Step } from './search.ts';
import { checkpointKey, copyOf, type Request, type Scenario, type World } from './world.ts';

const nameOf = (by: number) => 'ABCD'[by] ?? '?';
const textOf = ({ what }: Batch) => (what === 'fence' ? 'fence' : `outcome of ${what}`);
const same = (a: Batch, b: Batch) => a.producer === b.producer && a.epoch === b.epoch && a.sequence === b.sequence;

export function createSteps(scenario: Scenario, guards: Guards, { requestsDie }: Assumptions) {
  const { jobs } = scenario;
  const commands = jobs.map((_, command) => command);

  function post(world: World, by: number, batch: Batch) {
    const others = world.requests.filter((one) => one.by !== by || !same(one, batch));
    const copies = (world.requests.find((one) => one.by === by && same(one, batch))?.copies ?? 0) + 1;
    const keyOf = (one: Request) => [one.by, one.producer, one.epoch, one.sequence].join();
    const requests = [...others, { ...batch, by, copies }];
    world.requests = requests.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  }

  /** The owner with one more batch, which is on its way. */
  function send(world: World, by: number, owner: Owner, what: Batch['what']): Owner {
    const { producer, epoch, sequence } = owner;
    const batch = { producer, epoch, sequence, what };
    post(world, by, batch);
    return { ...owner, sequence: sequence + 1, batches: [...owner.batches, batch] };
  }

  const sendFence = (world: World, by: number, owner: Owner): Owner => ({
    ...send(world, by, owner, 'fence'),
    phase: 'fencing',
  });

  /** Who was out of touch for so long has noticed before it appends; what it had sent is no longer under way. */
  function outOfTouch(world: World, by: number, of: (request: Request) => boolean) {
    const owner = world.owners[by];
    if (owner !== undefined && owner.phase !== 'over') world.owners[by] = stopped(owner, guards);
    if (requestsDie) world.requests = world.requests.filter((request) => request.by !== by || !of(request));
  }

  function begin(world: World) {
    const by = world.owners.length;
    const owner = newOwner(open(world.coordinator), scenario.renewals);
    world.owners.push(owner);
    if (guards.fence && guards.readBehindFence) world.owners[by] = sendFence(world, by, owner);
  }

  function read(world: World, by: number, owner: Owner) {
    const found = readLog(owner, world.partition, world.checkpoint, guards);
    if (found.foreign && guards.wait && !owner.waited)
      world.owners[by] = { ...owner, phase: 'waiting', begunBefore: world.owners.length };
    else {
      const settled = settle(owner, found, world.checkpoint, commands);
      const fenceLast = guards.fence && !guards.readBehindFence && owner.fence === null;
      world.owners[by] = fenceLast ? sendFence(world, by, settled) : settled;
    }
  }

  function waited(world: World, by: number, owner: Owner) {
    if (guards.stopGap)
      for (let other = 0; other < owner.begunBefore; other++) if (other !== by) outOfTouch(world, other, () => true);
    // Of itself too, where it renews: what it sent under the producer id that was forgotten.
    if (requestsDie) world.requests = world.requests.filter((one) => one.by !== by || one.producer === owner.producer);
    const ready: Owner = { ...owner, waited: true, begunBefore: 0, phase: 'reading' };
    world.owners[by] = guards.secondFence ? sendFence(world, by, ready) : ready;
  }

  function record(world: World, by: number, owner: Owner, command: number) {
    if (owner.hand === null) return;
    const job = jobs[command] ?? -1;
    const claimed = world.claims[job] ?? null;
    if (guards.claims && claimed !== null && (claimed !== command || !guards.claimNamesPosition)) {
      world.owners[by] = { ...owner, hand: done(owner.hand, command) };
      return;
    }
    world.claims[job] = command;
    const sent = send(world, by, owner, command);
    world.owners[by] = guards.outcomeBeforeCheckpoint ? sent : { ...sent, hand: done(owner.hand, command) };
  }

  function deliver(world: World, { copies, by, ...batch }: Request, isHeard: boolean) {
    const rest = world.requests.filter((one) => one.by !== by || !same(one, batch));
    world.requests = world.requests.flatMap((one) =>
      rest.includes(one) ? one : copies > 1 ? { ...one, copies: copies - 1 } : [],
    );
    const answer = append(world.partition, { ...batch, by });
    const owner = world.owners[by];
    if (isHeard && owner !== undefined) world.owners[by] = heard(owner, batch, answer, guards);
    return answer.kind;
  }

  function resend(world: World, by: number, owner: Owner, batch: Batch) {
    if (guards.resendSameSequence) return post(world, by, batch);
    const batches = owner.batches.filter((one) => one !== batch);
    world.owners[by] = send(world, by, { ...owner, batches }, batch.what);
  }

  function renew(world: World, by: number, owner: Owner) {
    const identity = open(world.coordinator);
    const renewing: Owner = {
      ...owner,
      ...identity,
      sequence: 0,
      waited: false,
      renewals: owner.renewals - 1,
    };
    world.owners[by] = sendFence(world, by, renewing);
  }

  function forget(world: World, producer: number) {
    world.forgets.producer--;
    forgetProducer(world.partition, producer);
    if (!guards.renewal || !guards.stopGap) return;
    for (const [by, owner] of world.owners.entries()) {
      const wrote = world.partition.records.some((record) => record.by === by && record.producer === producer);
      if (!wrote) continue;
      if (owner.producer === producer) outOfTouch(world, by, (request) => request.producer === producer);
      else if (requestsDie) world.requests = world.requests.filter((one) => one.by !== by || one.producer !== producer);
    }
  }

  return function steps(world: World): Step<World>[] {
    const found: Step<World>[] = [];
    const step = (name: string, change: (draft: World) => unknown) => {
      const state = copyOf(world);
      const how = change(state);
      found.push({ name: typeof how === 'string' ? `${name}: ${how}` : name, state });
    };

    if (world.owners.length < scenario.owners) step(`${nameOf(world.owners.length)} opens the identity`, begin);
    if (world.forgets.identity > 0 && world.coordinator.current !== undefined)
      step('the coordinator forgets the identity', (draft) => {
        draft.forgets.identity--;
        forgetIdentity(draft.coordinator);
      });
    if (world.forgets.producer > 0)
      for (const producer of Object.keys(world.partition.memory))
        step(`the partition forgets producer ${producer}`, (draft) => forget(draft, Number(producer)));

    for (const request of world.requests) {
      const name = `${nameOf(request.by)}'s ${textOf(request)} arrives`;
      const waiting = world.owners[request.by]?.batches.some((batch) => same(batch, request)) ?? false;
      if (waiting) step(name, (draft) => deliver(draft, request, true));
      step(waiting ? `${name}, the answer is lost` : `${name} late`, (draft) => deliver(draft, request, false));
    }

    for (const [by, owner] of world.owners.entries()) {
      const name = nameOf(by);
      const { posted, hand } = owner;
      if (posted !== null)
        step(`${name}'s checkpoint is committed`, (draft) => {
          draft.checkpoint = posted;
          draft.owners[by] = { ...owner, posted: null };
        });
      for (const batch of owner.batches) {
        const copies = world.requests.find((one) => one.by === by && same(one, batch))?.copies ?? 0;
        if (copies < scenario.copies && (guards.resendSameSequence || owner.sequence < 4))
          step(`${name} sends its ${textOf(batch)} again`, (draft) => resend(draft, by, owner, batch));
      }
      if (owner.phase === 'reading') step(`${name} reads the log`, (draft) => read(draft, by, owner));
      if (owner.phase === 'waiting') step(`${name} has waited`, (draft) => waited(draft, by, owner));
      if (hand === null) continue;
      if (hand.next < jobs.length)
        step(`${name} takes command ${hand.next}`, (draft) => {
          const undone = hand.skip.includes(hand.next) ? hand.undone : [...hand.undone, hand.next];
          draft.owners[by] = { ...owner, hand: { ...hand, next: hand.next + 1, undone } };
        });
      const checkpoint = checkpointOf(hand, guards);
      if (checkpoint !== null && checkpointKey(checkpoint) !== checkpointKey(posted ?? world.checkpoint))
        step(`${name} ${scenario.lateCheckpoints ? 'sends' : 'commits'} a checkpoint`, (draft) => {
          if (scenario.lateCheckpoints) draft.owners[by] = { ...owner, posted: checkpoint };
          else draft.checkpoint = checkpoint;
        });
      const settled = owner.batches.length === 0 && (owner.phase === 'owning' || owner.phase === 'stopped');
      if (settled && guards.renewal && owner.renewals > 0)
        step(`${name} renews its identity`, (draft) => renew(draft, by, owner));
      if (owner.phase !== 'owning') continue;
      if (owner.batches.length === 0 || !guards.oneInFlight)
        for (const command of hand.undone)
          if (!owner.batches.some(({ what }) => what === command))
            step(`${name} runs ${command} and sends its outcome`, (draft) => record(draft, by, owner, command));
    }
    return found;
  };
}
