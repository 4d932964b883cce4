// The proxy in front of Kafka: knows each request by its key and its client, and each answer by its request, so that a
// scenario can lose an answer or stop the world at one of them. Scenarios use it through `FaultSystem`.
import { answeredCorrelationId, createFrameCutter, type RequestHead, requestHead } from './kafka-frames.ts';
import { type Direction, type Look, startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

/** `cut`: half of the message goes on, then the connection breaks. `lose`: dropped, and the connection breaks. */
export type Verdict = 'pass' | 'drop' | 'cut' | 'lose';

export type Match = { apiKey: number; client?: RegExp };

export type KafkaProxy = TcpProxy & {
  /**
   * Drops the answers to the next `count` matching requests, which reach the broker; resolves when that is done. With
   * `broken` the connection breaks each time, else the client waits until its own timeout.
   */
  dropAnswers(options: Match & { count: number; broken?: boolean }): Promise<void>;
  /** Asks once what to do with the next matching request, or with its answer; resolves when that is done. */
  intercept(options: Match & { at: Direction }, what: Judge): Promise<void>;
  /** Cuts these clients off: what they send and what is sent to them waits until the function it returns is called. */
  isolate(client: RegExp): () => void;
};

/** `clientId`: who sent the request. */
export type Judge = (clientId: string) => Promise<Verdict>;

type Rule = Match & { at: Direction; left: number; judge: Judge; done: PromiseWithResolvers<void> };

export async function startKafkaProxy(port: number, target: { port: number }): Promise<KafkaProxy> {
  let rules: Rule[] = [];
  const isolated = new Set<{ client: RegExp; over: PromiseWithResolvers<void> }>();

  const matches = (rule: Rule, { apiKey, clientId }: RequestHead) =>
    rule.apiKey === apiKey && (rule.client?.test(clientId) ?? true);

  /** A rule counts requests, also where it waits for their answers. */
  function ruleFor(head: RequestHead): Rule | undefined {
    const rule = rules.find((one) => matches(one, head));
    if (rule !== undefined && --rule.left === 0) rules = rules.filter((one) => one !== rule);
    return rule;
  }

  async function* judged(rule: Rule | undefined, clientId: string, frame: Buffer) {
    try {
      const verdict = (await rule?.judge(clientId)) ?? 'pass';
      switch (verdict) {
        case 'pass':
          yield frame;
          break;
        case 'drop':
          break;
        case 'cut':
          yield frame.subarray(0, frame.length >> 1);
          yield undefined;
          break;
        case 'lose':
          yield undefined;
          break;
        default:
          verdict satisfies never;
      }
    } finally {
      if (rule?.left === 0) rule.done.resolve();
    }
  }

  /** Resolves when nobody keeps this client off any more. */
  async function reachable(clientId: string | undefined): Promise<void> {
    if (clientId === undefined) return;
    for (const { client, over } of isolated) if (client.test(clientId)) await over.promise;
  }

  function look(): Look {
    let clientId: string | undefined;
    const cut = { request: createFrameCutter(), answer: createFrameCutter() };
    const answers = new Map<number, Rule>();
    return async function* (direction, chunk) {
      for (const frame of cut[direction](chunk)) {
        if (direction === 'answer') {
          await reachable(clientId);
          const id = answeredCorrelationId(frame);
          const rule = answers.get(id);
          answers.delete(id);
          yield* judged(rule, clientId ?? '', frame);
          continue;
        }
        const head = requestHead(frame);
        clientId = head.clientId;
        await reachable(clientId);
        const rule = ruleFor(head);
        if (rule?.at === 'answer') answers.set(head.correlationId, rule);
        yield* judged(rule?.at === 'request' ? rule : undefined, clientId, frame);
      }
    };
  }

  function add(rule: Omit<Rule, 'done'>): Promise<void> {
    const added = { ...rule, done: Promise.withResolvers<void>() };
    rules.push(added);
    return added.done.promise;
  }

  const proxy = await startTcpProxy(port, target, look);
  return {
    ...proxy,
    dropAnswers: ({ count, broken = false, ...match }) =>
      add({ ...match, at: 'answer', left: count, judge: async () => (broken ? 'lose' : 'drop') }),
    intercept: (match, judge) => add({ ...match, left: 1, judge }),
    isolate(client) {
      const one = { client, over: Promise.withResolvers<void>() };
      isolated.add(one);
      return () => {
        isolated.delete(one);
        one.over.resolve();
      };
    },
    async heal() {
      for (const { over } of isolated) over.resolve();
      isolated.clear();
      for (const rule of rules) rule.done.resolve();
      rules = [];
      await proxy.heal();
    },
  };
}
