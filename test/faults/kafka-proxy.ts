// The proxy in front of Kafka, one port for each of its brokers: knows each request by its key and its client, and each answer by its request, so that a
// scenario can lose an answer or stop the world at one of them. Scenarios use it through `FaultSystem`.
import { answeredCorrelationId, createFrameCutter, type RequestHead, requestHead } from './kafka-frames.ts';
import { type Direction, type Look, startTcpProxy, type TcpProxy } from './tcp-proxy.ts';

/** `cut`: half of the message goes on, then the connection breaks. `lose`: dropped, and the connection breaks. */
export type Verdict = 'pass' | 'drop' | 'cut' | 'lose';

/** `node`: the id of the broker that is asked; without one, any. */
export type Match = { apiKey: number; client?: RegExp; node?: number };

/** What it does, it does in front of all brokers. */
export type KafkaProxy = Omit<TcpProxy, 'port' | 'end'> & {
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

/** `clientId`: who sent the request; `node`: the id of the broker that it was sent to. */
export type Judge = (clientId: string, node: number) => Promise<Verdict>;

type Rule = Match & { at: Direction; left: number; judge: Judge; done: PromiseWithResolvers<void> };

/** @param brokers in the order of their ids, from 1 on */
export async function startKafkaProxy(brokers: readonly { port: number; target: number }[]): Promise<KafkaProxy> {
  let rules: Rule[] = [];
  const isolated = new Set<{ client: RegExp; over: PromiseWithResolvers<void> }>();

  const matches = (rule: Rule, { apiKey, clientId }: RequestHead, node: number) =>
    rule.apiKey === apiKey && (rule.client?.test(clientId) ?? true) && (rule.node ?? node) === node;

  /** A rule counts requests, also where it waits for their answers. */
  function ruleFor(head: RequestHead, node: number): Rule | undefined {
    const rule = rules.find((one) => matches(one, head, node));
    if (rule !== undefined && --rule.left === 0) rules = rules.filter((one) => one !== rule);
    return rule;
  }

  async function* judged(rule: Rule | undefined, clientId: string, node: number, frame: Buffer) {
    try {
      const verdict = (await rule?.judge(clientId, node)) ?? 'pass';
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

  function look(node: number): Look {
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
          yield* judged(rule, clientId ?? '', node, frame);
          continue;
        }
        const head = requestHead(frame);
        clientId = head.clientId;
        await reachable(clientId);
        const rule = ruleFor(head, node);
        if (rule?.at === 'answer') answers.set(head.correlationId, rule);
        yield* judged(rule?.at === 'request' ? rule : undefined, clientId, node, frame);
      }
    };
  }

  function add(rule: Omit<Rule, 'done'>): Promise<void> {
    const added = { ...rule, done: Promise.withResolvers<void>() };
    rules.push(added);
    return added.done.promise;
  }

  const proxies = await Promise.all(
    brokers.map(({ port, target }, i) => startTcpProxy(port, { port: target }, () => look(i + 1))),
  );
  const each = async (what: (proxy: TcpProxy) => unknown) => {
    await Promise.all(proxies.map(what));
  };
  const tell = (what: (proxy: TcpProxy) => void) => {
    for (const proxy of proxies) what(proxy);
  };
  return {
    blackHole: (on) => tell((proxy) => proxy.blackHole(on)),
    refuse: (on) => each((proxy) => proxy.refuse(on)),
    reset: () => tell((proxy) => proxy.reset()),
    delay: (ms) => tell((proxy) => proxy.delay(ms)),
    close: () => each((proxy) => proxy.close()),
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
      await each((proxy) => proxy.heal());
    },
  };
}
