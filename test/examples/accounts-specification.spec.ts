// The example's own tests, as its readers would run them.
import '../../examples/accounts/test/account.spec.js';
