import type { Rule } from '../../rule.ts';
import { claimedBy } from '../claims.ts';
import { dialledHere, dials, linkSubject, reasonsOf, symptomWords } from '../words.ts';

export const rootlessHostAccess: Rule = {
  id: 'R29',
  name: 'rootless-host-access',
  title: 'the container of a rootless engine dials a service of the host, or the host dials the container by its address',
  severity: 'error',
  onByDefault: true,
  *check(context) {
    for (const { link, verdict, step } of claimedBy(context, 'R29')) {
      yield {
        subject: linkSubject(context, link),
        message: `${dials(context, link)}, but ${step.text}.`,
        evidence: [dialledHere(link)],
        reasons: reasonsOf(verdict),
        symptom: symptomWords(verdict.symptom),
        verdict,
        fixes: [
          {
            title:
              'start the engine with DOCKERD_ROOTLESS_ROOTLESSKIT_DISABLE_HOST_LOOPBACK=false and host-gateway-ip 10.0.2.2, or run the service in a container on the same network',
            applicability: 'manual',
            changes: [],
          },
        ],
      };
    }
  },
};
