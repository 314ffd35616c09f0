export const lazy = () => import('../doctor/rules/one/rule.ts');
