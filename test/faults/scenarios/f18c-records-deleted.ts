// F18: records are deleted past the last one of each producer, so that nothing in the log tells of its sequence or of its epoch.
// The owners go on writing, also after Kafka was killed; and an owner that is cut off must stay fenced out although the fence
// itself is gone.

import { clusterOf } from '../brokers.ts';
import { cutOffInAppend } from '../cut-off.ts';
import { askProducers, type KnownProducer } from '../kafka-request.ts';
import { fencedOut, groupSilent, logged, more } from '../moments.ts';
import { pastRecords } from '../past-records.ts';
import { between } from '../random.ts';
import { must, type Scenario } from '../scenario.ts';

const perSecond = 150;

export const recordsDeleted: Scenario = {
  id: 'F18c',
  name: 'records are deleted past the last one of their producers',
  holds: [1, 2, 5, 9],
  inCi: false,
  system: { workers: 1 },
  // The others share the partitions of the events, and what their owners have recorded last would have to stay.
  oneLane: true,
  // What is deleted is gone from the disk soon.
  broker: { 'log.retention.check.interval.ms': 500, 'log.initial.task.delay.ms': 0, 'log.segment.delete.delay.ms': 0 },
  async run(context) {
    const { system, stack, load, random, note, healed } = context;
    const { deleteSome, deleteAll, topics } = pastRecords(context);
    const [first] = system.workers;
    must(first !== undefined, 'there is no worker');

    load.begin({ perSecond });
    for (let round = 0; round < 4; round++) {
      await more(load, between(random, 50, 200));
      note(`under load: ${await deleteSome()} records are past`);
    }

    /** How many producers the partitions remember. */
    const remembered = async (): Promise<KnownProducer[]> => {
      const port = Number(stack.direct.kafka.split(':')[1]);
      const partitions = [0, 1, 2, 3];
      return (await Promise.all(topics.map((topic) => askProducers(port, topic, partitions)))).flat();
    };
    const restartKafka = async () => {
      await stack.stack.stopPart('kafka', 'SIGKILL');
      await stack.stack.startPart('kafka');
      await clusterOf(stack).inSync();
    };
    const counts: string[] = [];
    for (const then of ['nothing else', 'Kafka is killed'] as const) {
      await load.end();
      await deleteAll();
      const before = await remembered();
      if (then === 'Kafka is killed') await restartKafka();
      const after = await remembered();
      counts.push(`${after.length} of ${before.length}`);
      note(`at rest, ${then}: ${JSON.stringify({ before, after })}`);
      load.begin({ perSecond });
      await more(load, between(random, 100, 200));
    }

    let owner = first;
    for (const killsKafka of [false, true]) {
      const before = owner.logs().length;
      const { deliver, delivered } = await cutOffInAppend(system, owner);
      const successor = await system.startWorker();
      await more(load, 100);
      await load.end();
      await deleteAll();
      if (killsKafka) await restartKafka();
      note(`the fence is deleted: ${JSON.stringify(await remembered())}`);
      const from = owner.logs().length;
      deliver();
      await delivered;
      // With the broker the append is gone that would be refused; then it is enough that nothing was written meanwhile.
      note(await (killsKafka ? logged(owner, groupSilent, before) : logged(owner, fencedOut, from, 30_000)));
      await owner.kill();
      owner = successor;
      load.begin({ perSecond });
      await more(load, 50);
    }

    await load.end();
    await deleteAll();
    await owner.kill();
    const heir = await system.startWorker();
    load.begin({ perSecond });
    healed();
    await more(load, 100);
    const processes = [...system.api, system.projector, ...system.workers];
    const lost = processes.filter((one) => /sequence of this writer is lost/.test(one.logs()));
    const alarmed = processes.filter((one) => /were deleted/.test(one.logs()));
    must(alarmed.length === 0, `${alarmed.map(({ name }) => name)} told of deleted records though all had been read`);
    note(`the last owner is ${heir.name}`);
    return (
      `Kafka remembered ${counts[0]} producers without records, ${counts[1]} after it was killed; ` +
      `${lost.length} writers began anew; an owner was fenced out by a fence that was gone; another one fell silent`
    );
  },
};
