/** A server that is killed the moment an enrolment is durable, before its answer is sent. Started by a test: `node … DATABASE REQUEST`. */
import { systemClock } from '../../../core/clock.ts';
import { enrolRequest } from '../../../protocol/enrolment.ts';
import { enrol } from '../enrol.ts';
import { openDesk } from './desk.ts';

const [, , path = '', request = ''] = process.argv;
const desk = await openDesk({ path, clock: { ...systemClock, advance() {}, step() {} } });
const fleet = {
  ...desk.fleet,
  async enrolWith(...args: Parameters<typeof desk.fleet.enrolWith>) {
    await desk.fleet.enrolWith(...args);
    process.kill(process.pid, 'SIGKILL');
    return new Promise<never>(() => {});
  },
};
await enrol({ ...desk.parts, fleet }, enrolRequest.parse(JSON.parse(request)), '192.0.2.7');
