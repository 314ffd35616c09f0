import type { Rule } from '../../rule.ts';
import { claimedBy } from '../claims.ts';
import { dialledHere, dials, linkSubject, reasonsOf, symptomWords } from '../words.ts';

export const macvlanHost: Rule = {
  id: 'R25',
  name: 'macvlan-host',
  title: 'the host and a macvlan or ipvlan container cannot talk to each other',
  severity: 'error',
  onByDefault: true,
  *check(context) {
    for (const { link, verdict, step } of claimedBy(context, 'R25')) {
      const [network] = step.origins;
      yield {
        subject: linkSubject(context, link),
        message: `${dials(context, link)}, but ${step.text}.`,
        evidence: [dialledHere(link), ...(network === undefined ? [] : [{ label: 'network declared here', origin: network }])],
        reasons: reasonsOf(verdict),
        symptom: `${symptomWords(verdict.symptom)}, after three seconds`,
        verdict,
        fixes: [
          {
            title: 'give the host a macvlan interface of its own on the same parent, or attach both to a bridge network',
            applicability: 'manual',
            changes: [],
          },
        ],
      };
    }
  },
};
