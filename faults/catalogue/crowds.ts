import kafkajs from 'kafkajs';
import { setTimeout as pause } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { eventually } from '../../test/support/eventually.js';
import { plainSubmission } from '../mix/submission.js';
import { SocketFollower } from '../mix/socket-follower.js';
import { Submitter } from '../mix/submitter.js';
import type { Random } from '../mix/random.js';
import type { Stage } from '../stage/stage.js';
import type { Fault } from './fault.js';

// Node does not find these exports by their names.
const { Kafka, logLevel } = kafkajs;

const STORMS = 10;
/** What they leave unread would take a process far over its bound: 30 times 14 MB. */
const READERS = 60;
const LARGE_TASKS = 60;
const LARGE_BYTES = 240_000;
const SOCKETS = 1_000;
const FOLLOWED = 20;

/** After so many seconds the tasks that the crowd follows begin, which is when all are back. */
const BEGIN_SECONDS = 30;

/** The last event of such a task, which was submitted, became due, and succeeded. */
const END_SEQ = 3;

/** A stranger joins the group of the result listeners, gets partitions, reads nothing of use, and leaves again. */
async function stormGroup(stage: Stage, random: Random): Promise<void> {
  const { installation, types, servers } = stage;
  const kafka = new Kafka({ brokers: servers.kafka.brokers.split(','), logLevel: logLevel.NOTHING });
  for (let turn = 0; turn < STORMS; turn++) {
    const stranger = kafka.consumer({ groupId: installation.resultsGroup, sessionTimeout: 10_000 });
    const joined = new Promise((resolve) => stranger.on(stranger.events.GROUP_JOIN, resolve));
    await stranger.connect();
    const topics = [installation.resultTopic, types.sdk.resultTopic, types.wild.resultTopic];
    await stranger.subscribe({ topics, fromBeginning: true });
    await stranger.run({ autoCommit: false, eachBatch: () => Promise.resolve() });
    await joined;
    await pause(random.between(0, 300));
    await stranger.disconnect();
  }
}

/** Socket.IO by hand, so that nothing reads on behind our back: hears of all of the owner's tasks, and stops reading. */
async function startSlowReader(url: string, token: string): Promise<WebSocket> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket`);
  socket.on('error', () => undefined);
  await new Promise<void>((resolve, reject) => {
    socket.on('close', () => {
      reject(new Error('the slow reader was sent away before it read'));
    });
    socket.on('message', (data: Buffer) => {
      const text = data.toString();
      if (text.startsWith('0')) socket.send(`40${JSON.stringify({ token })}`);
      else if (text.startsWith('40')) socket.send(`420${JSON.stringify(['subscribe', { mine: true }])}`);
      else if (text.startsWith('43')) {
        socket.pause();
        resolve();
      }
    });
  });
  return socket;
}

function slowReaders(): Fault {
  const readers: WebSocket[] = [];
  return {
    name: 'slow-readers',
    about: `${READERS} sockets hear of all tasks of an owner and read nothing, while ${LARGE_TASKS} tasks of ${LARGE_BYTES / 1_000} kB end`,
    inject: async ({ doors, history, people }) => {
      const [person] = people.owners;
      const starting = Array.from({ length: READERS }, (_, n) => startSlowReader(doors.url(n), person.token));
      readers.push(...(await Promise.all(starting)));
      const submissions = Array.from({ length: LARGE_TASKS }, () => {
        const submission = plainSubmission('default');
        return { ...submission, payload: { ...submission.payload, ballast: 'x'.repeat(LARGE_BYTES) } };
      });
      await new Submitter(doors, history).submitBatch(0, person, submissions);
    },
    mend: () => {
      for (const reader of readers.splice(0)) reader.terminate();
      return Promise.resolve();
    },
  };
}

function crowd(): Fault {
  const crowd: SocketFollower[] = [];
  return {
    name: 'thousand-sockets',
    about: `\`kill -9\` of both \`web\` with ${SOCKETS} sockets, which all connect again at once and follow ${FOLLOWED} tasks`,
    inject: async ({ doors, history, people, webs }) => {
      const [person] = people.owners;
      const submissions = Array.from({ length: FOLLOWED }, () => {
        return { ...plainSubmission('wild'), delaySeconds: BEGIN_SECONDS };
      });
      const ids = await new Submitter(doors, history).submitBatch(0, person, submissions);
      for (let n = 0; n < SOCKETS; n++) {
        const follower = await SocketFollower.connect(doors.url(n), `one of a crowd, ${n}`, person, history);
        follower.follow(ids[n % ids.length] ?? '');
        crowd.push(follower);
      }
      await Promise.all(webs.map((web) => web.kill()));
      await Promise.all(webs.map((web) => web.start()));
    },
    mend: async () => {
      // Whoever leaves before the end has missed it.
      const followTheEnd = (): void => {
        const left = crowd.filter((follower) => !follower.hasSeenAll(END_SEQ)).length;
        if (left > 0) throw new Error(`${left} of a crowd have not seen the end`);
      };
      await eventually(followTheEnd, { timeoutMs: 60_000, intervalMs: 200 }).catch(() => undefined);
      for (const follower of crowd.splice(0)) follower.close();
    },
  };
}

/** Too many, too slow, or never at rest. */
export const CROWD_FAULTS: Fault[] = [
  {
    name: 'rebalance-storm',
    about: `a stranger joins the group of the result listeners and leaves again, ${STORMS} times in a row`,
    inject: stormGroup,
  },
  slowReaders(),
  crowd(),
];
