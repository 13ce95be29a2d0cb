/** Where an alarm sends the owner; "When sync stops" in the README says the rest. */
export const REPAIR_HINT =
  "Run: pm2 stop all, then: npm run nightdesk -- repair (it only looks, and says what it would do).";
