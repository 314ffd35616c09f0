/** The enrolment token: from a file or the environment, never from an argument, which every user of the host could read. */
import { FairleadError } from '../../core/errors.ts';
import { parseToken } from '../../protocol/enrolment.ts';
import { readCredential } from '../identity/mounted.ts';

/** Throws FAIRLEAD_AGENT_CREDENTIAL when there is none, or what is there is none. The token itself is in no message. */
export async function readToken(file: string | undefined, environment: Readonly<Record<string, string | undefined>>): Promise<string> {
  const text = file === undefined ? environment.FAIRLEAD_TOKEN : await readCredential(file);
  const path = file ?? 'FAIRLEAD_TOKEN';
  const hint = 'make one with `fairlead tokens create` on the server, and give its file in server.tokenFile';
  if (text === undefined || text.trim() === '')
    throw new FairleadError('FAIRLEAD_AGENT_CREDENTIAL', {
      path,
      reason: 'no enrolment token is given, and this agent has no identity yet',
      hint,
    });
  if (parseToken(text) === undefined)
    throw new FairleadError('FAIRLEAD_AGENT_CREDENTIAL', { path, reason: 'is no enrolment token (flt_…)', hint });
  return text.trim();
}
