/** A model and its answers → what the rules have to say. */
import type { Verdict } from '../../network/answer.ts';
import { lookup } from '../../network/lookup.ts';
import type { Link, Model } from '../../network/model.ts';
import type { Reach } from '../../reach/index.ts';
import type { DraftFinding, JudgedLink, Rule, RuleContext } from '../rule.ts';

export interface Draft {
  readonly rule: Rule;
  readonly draft: DraftFinding;
}

export function ruleContext(model: Model, reach: Reach): RuleContext {
  return { model, lookup: lookup(model), links: model.links.map((link) => judge(reach, link)), ask: (question) => reach.ask(question) };
}

function judge(reach: Reach, link: Link): JudgedLink {
  const question = reach.questionOf(link);
  const verdict: Verdict | undefined = question === undefined ? undefined : reach.ask(question);
  return { link, verdict };
}

/** All findings of `rules`, in the order of the rules. `onRule` is called before each of them. */
export function runRules(context: RuleContext, rules: readonly Rule[], onRule: (rule: Rule) => void = () => {}): readonly Draft[] {
  return rules.flatMap((rule) => {
    onRule(rule);
    return [...rule.check(context)].map((draft) => ({ rule, draft }));
  });
}
