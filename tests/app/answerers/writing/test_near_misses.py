"""Statements that differ from their quotes by a word, and faithful ones in other words."""

from collections.abc import Mapping, Sequence

import pytest

from docqa.app.answer.grades import Support
from docqa.app.answerers.writing.support import Evidence, judge_statements


def judged(statement: str, quoted: str) -> Support:
    """What is made of a judge that finds everything supported."""

    def believer(statements: Sequence[str], quotes: Sequence[str]) -> list[Mapping[Support, float]]:
        return [{Support.SUPPORTED: 0.95, Support.PARTLY: 0.05} for _ in statements]

    return judge_statements(believer, [statement], [Evidence(quoted)])[0]


@pytest.mark.parametrize(
    ("statement", "quoted"),
    [
        ("The rent is payable monthly in arrears.", "The rent is payable monthly in advance."),
        ("The Tenant pays interest in advance.", "Interest is payable by the Tenant in arrears."),
        ("The tenant must insure the premises.", "The tenant may insure the premises."),
        ("The tenant may insure the premises.", "The tenant must insure the premises."),
        ("The agency must publish the list.", "The agency should publish the list."),
        (
            "The tenant gives at least 30 days of notice.",
            "The tenant gives at most 30 days of notice.",
        ),
        ("The loan is at most 500 dollars.", "The loan shall be no less than 500 dollars."),
        ("More than 40 members attended.", "Fewer than 40 members attended."),
        ("The speed may not exceed 50 km per hour.", "The speed must exceed 50 km per hour."),
        ("The fee is a minimum of 200 dollars.", "The fee is a maximum of 200 dollars."),
        ("Delivery is due no earlier than 1 June.", "Delivery is due no later than 1 June."),
        (
            "Claims above 1,000 dollars go to the panel.",
            "Claims below 1,000 dollars go to the panel.",
        ),
        ("The fund holds up to 12 bonds.", "The fund holds 12 bonds or more."),
        ("Revenue increased in the third quarter.", "Revenue decreased in the third quarter."),
        ("Prices fell by 4 percent in 2020.", "Prices rose by 4 percent in 2020."),
        ("Output rose in 2019.", "Output declined in 2019."),
        ("The landlord pays for the repairs.", "The tenant pays for the repairs."),
        ("The lessor insures the building.", "The lessee insures the building."),
        ("The rent is 1,250 dollars a month.", "The rent is 1,520 dollars a month."),
        ("The company has two directors.", "The company has three directors."),
        ("The second instalment is due in June.", "The first instalment is due in June."),
        ("The fee is 300 euros.", "The fee is 300 dollars."),
        ("The fee is €300.", "The fee is $300."),
        ("The track is 12 miles long.", "The track is 12 kilometres long."),
        ("The fine is 5 million dollars.", "The fine is 5 billion dollars."),
        ("The rate is 3.5 percent.", "The rate is 35 percent."),
        ("The dose is 20 mg a day.", "The dose is 20 g a day."),
        ("The office opens on Monday.", "The office opens on Tuesday."),
        ("The term ends on 30 June 2024.", "The term ends on 30 June 2025."),
        ("The term ends on June 13, 2024.", "The term ends on June 30, 2024."),
        (
            "The agreement is dated 2 March 2019.",
            "The agreement is dated March 3, 2019, and was amended 2 April 2019.",
        ),
        ("Smith owes the rent.", "Jones owes the rent."),
        ("John Miller signed the lease.", "Peter Miller signed the lease."),
        ("The report was written by Anna Berg.", "The report was written by Anna Stein."),
        ("The court in Ohio dismissed the case.", "The court in Iowa dismissed the case."),
        ("The licence is exclusive.", "The licence is non-exclusive."),
        ("The deposit is refundable.", "The deposit is non-refundable."),
        ("The deposit is not refundable.", "The deposit is refundable."),
        ("The agreement is valid.", "The agreement is invalid."),
        ("The claim was admissible.", "The claim was inadmissible."),
        ("Assignment is allowed without consent.", "Assignment is not allowed without consent."),
        ("Dogs are allowed in the building.", "Dogs are prohibited in the building."),
        ("The court granted the motion.", "The court denied the motion."),
        ("The court affirmed the judgment.", "The court reversed the judgment."),
        ("The motion was accepted.", "The motion was rejected."),
        ("The plaintiff won the case.", "The plaintiff lost the case."),
        ("All members voted.", "None of the members voted."),
        ("The tenant always pays by cheque.", "The tenant sometimes pays by cheque."),
        ("The lease includes the garage.", "The lease excludes the garage."),
        ("The costs include tax.", "The costs exclude tax."),
        ("The maximum penalty is 500 dollars.", "The minimum penalty is 500 dollars."),
        ("The highest value was 12 degrees.", "The lowest value was 12 degrees."),
        ("The door on the left is locked.", "The door on the right is locked."),
        ("The north wing was closed.", "The south wing was closed."),
        ("The employer may end the contract.", "The employee may end the contract."),
        ("The meeting begins at noon.", "The meeting ends at noon."),
        ("The import of goods is taxed.", "The export of goods is taxed."),
        ("The tenant shall buy the furniture.", "The tenant shall sell the furniture."),
        ("Public access is free.", "Private access is free."),
        ("Sales dropped sharply after the launch.", "Sales climbed sharply after the launch."),
        (
            "The warranty lasts no more than two years.",
            "The warranty lasts no less than two years.",
        ),
        ("Children under 12 pay nothing.", "Children over 12 pay nothing."),
        ("The drug can cause headaches.", "The drug cannot cause headaches."),
        ("Members are not required to vote.", "Members are required to vote."),
        ("The visitor may use the lift.", "The visitor may not use the lift."),
        ("No invoice was paid.", "Every invoice was paid."),
        ("The hearing was held on 12 March 2020.", "The hearing was held on 21 March 2020."),
        ("The hearing was held in March 2020.", "The hearing was held in May 2020."),
        ("The hearing was held at 9:30.", "The hearing was held at 9:13."),
        ("The bridge is 300 feet long.", "The bridge is 300 metres long."),
        ("The budget is 40 thousand dollars.", "The budget is 40 million dollars."),
        ("Section 4.2 sets the fee.", "Section 4.3 sets the fee."),
        ("Interest is 4 percent.", "Interest is 0.4 percent."),
        ("Judge Ellis dissented.", "Judge Moore dissented."),
        ("The parent company sold the subsidiary.", "The parent company bought the subsidiary."),
        ("Employees may decline the transfer.", "Employers may decline the transfer."),
        ("The window is closed at night.", "The window is open at night."),
        ("Temperatures were higher than expected.", "Temperatures were lower than expected."),
        ("The treaty entered into force.", "The treaty did not enter into force."),
        (
            "The seller delivers the goods to the buyer's premises within 5 days.",
            "The seller delivers the goods to the buyer's premises after 5 days.",
        ),
        (
            "The supplier is responsible for transport.",
            "The customer is responsible for transport.",
        ),
        ("It is legal to park here.", "It is illegal to park here."),
        ("The patient was conscious.", "The patient was unconscious."),
        (
            "Payment is made in 3 instalments of 200 dollars.",
            "Payment is made in 2 instalments of 300 dollars.",
        ),
        ("The left lung was affected.", "The right lung was affected."),
    ],
)
def test_a_statement_off_by_a_word_is_not_verified(statement, quoted):
    assert not judged(statement, quoted).is_full_support


@pytest.mark.parametrize(
    ("statement", "quoted"),
    [
        ("Rent is due each month in advance.", "The Tenant shall pay the rent monthly in advance."),
        ("The tenant has to insure the premises.", "The tenant must insure the premises."),
        ("Tenants are required to insure the premises.", "The tenant shall insure the premises."),
        ("The tenant can leave early.", "The tenant may terminate the lease before its end."),
        ("The audit came before the merger.", "The audit took place prior to the merger."),
        ("The merger came after the audit.", "The audit took place before the merger."),
        (
            "The tenant gives at least 30 days of notice.",
            "The tenant shall give no less than thirty (30) days of notice.",
        ),
        ("Fewer than 40 members attended.", "Less than forty members attended."),
        (
            "The speed must not exceed 50 km per hour.",
            "The speed is limited to at most 50 km per hour.",
        ),
        ("Delivery is due by 1 June.", "Delivery is due no later than 1 June."),
        ("The fund holds 12 or more bonds.", "The fund holds at least 12 bonds."),
        ("Revenue rose in the third quarter.", "Revenue increased in the third quarter."),
        ("Prices dropped by 4 percent in 2020.", "Prices fell by 4 percent in 2020."),
        ("Repairs are paid by the tenant.", "The tenant pays for the repairs."),
        (
            "The tenant pays rent to the landlord.",
            "The landlord receives the rent from the tenant.",
        ),
        (
            "The landlord is indemnified by the tenant against all claims.",
            "The tenant shall indemnify the landlord against all claims.",
        ),
        ("Acme was sued by Borealis in 2012.", "Borealis sued Acme in 2012."),
        ("Borealis acquired Acme.", "Acme was acquired by Borealis."),
        ("The rent is $1,250 a month.", "The monthly rent is 1,250.00 dollars."),
        ("The company has two directors.", "The company has 2 directors."),
        ("The fee is 300 dollars.", "The fee is $300."),
        ("The fine is $5 million.", "The fine is 5,000,000 dollars."),
        ("The term ends on 30 June 2024.", "The term ends on June 30th, 2024."),
        ("The agreement is dated 2 March 2019.", "Dated as of March 2, 2019."),
        ("John Miller signed the lease.", "The lease was signed by John Miller."),
        ("The licence is not exclusive.", "The licence is non-exclusive."),
        ("The deposit cannot be refunded.", "The deposit is non-refundable."),
        ("The agreement is not valid.", "The agreement is invalid."),
        ("Dogs are not allowed in the building.", "Dogs are prohibited in the building."),
        ("The court denied the motion.", "The motion was denied."),
        ("The court did not grant the motion.", "The court denied the motion."),
        ("The judgment was reversed.", "We reverse the judgment."),
        ("All employees received a bonus.", "Every employee received a bonus."),
        ("The garage is part of the lease.", "The lease includes the garage."),
        ("The garage is not part of the lease.", "The lease excludes the garage."),
        ("The penalty is at most 500 dollars.", "The maximum penalty is 500 dollars."),
        (
            "The tenant must give notice before leaving.",
            "The tenant shall give the landlord notice before the tenant leaves.",
        ),
        (
            "Assignment requires the landlord's consent.",
            "The tenant shall not assign this lease without the consent of the landlord.",
        ),
        (
            "The buyer notifies the seller of defects within 10 days.",
            "The seller must be notified of defects by the buyer within ten days.",
        ),
        (
            "The meeting ends at noon and begins at ten.",
            "The meeting begins at ten and ends at noon.",
        ),
        ("Either party may end the agreement.", "The agreement may be terminated by either party."),
        (
            "The tenant shall sell the furniture that the landlord may buy.",
            "The tenant shall sell the furniture; the landlord may buy it.",
        ),
        (
            "The office opens on Monday and closes on Friday.",
            "The office is open from Monday to Friday.",
        ),
        (
            "Interest runs from the day after the due date.",
            "Interest accrues from the day following the due date.",
        ),
        (
            "Employees get a copy of the report upon request.",
            "The employer gives employees a copy of the report if they ask for it.",
        ),
        (
            "The supplier replaces defective parts free of charge.",
            "The supplier shall replace any defective parts at no cost to the buyer.",
        ),
        ("The lease runs for five years.", "The term of this lease is five (5) years."),
        (
            "The deposit is returned within 14 days after the end of the lease.",
            "Within fourteen days of the end of the lease the deposit is returned.",
        ),
        ("The court held that the statute applies.", "We hold that the statute applies."),
        ("Half of the patients recovered.", "50 percent of the patients recovered."),
        (
            "The lender receives a fee of 1 percent from the borrower.",
            "The borrower pays the lender a fee of 1 percent.",
        ),
        ("Sales went down after the launch.", "After the launch, sales dropped sharply."),
        ("The warranty lasts two years at most.", "The warranty lasts no more than two years."),
        ("Children up to 12 pay nothing.", "Children who are 12 or younger pay nothing."),
        ("The drug may cause headaches.", "Headaches can be caused by the drug."),
        ("Voting is voluntary.", "Members are not required to vote."),
        ("The lift must not be used by visitors.", "Visitors may not use the lift."),
        ("Every invoice was paid.", "All invoices were paid."),
        ("The hearing took place on March 12, 2020.", "The hearing was held on 12 March 2020."),
        ("The budget is 40,000 dollars.", "The budget is 40 thousand dollars."),
        ("Spain was defeated by France.", "France defeated Spain."),
        (
            "The subsidiary was sold by the parent company.",
            "The parent company sold the subsidiary.",
        ),
        ("Staff can refuse the transfer.", "Employees may decline the transfer."),
        ("It is against the law to park here.", "It is illegal to park here."),
        (
            "The supplier delivers and the customer pays within 30 days.",
            "The supplier shall deliver the goods, and the customer shall pay within thirty days of delivery.",
        ),
        (
            "If the tenant does not pay, the landlord may end the lease.",
            "The landlord may terminate the lease unless the tenant pays.",
        ),
        ("The new method is better than the old one.", "The new method outperforms the old one."),
        ("Temperatures exceeded expectations.", "Temperatures were higher than expected."),
        ("The contract does not cover transport.", "Transport is excluded from the contract."),
        (
            "The company was founded in 1998 by two brothers.",
            "Two brothers founded the company in 1998.",
        ),
        (
            "The agreement starts on 1 January 2020 and ends on 31 December 2022.",
            "This agreement commences on January 1, 2020 and expires on December 31, 2022.",
        ),
        ("The authors find no effect of age.", "We found that age had no effect."),
        (
            "The study included 120 patients, of whom 60 were women.",
            "Of the 120 patients in the study, 60 were female.",
        ),
        ("The judge did not allow the evidence.", "The judge excluded the evidence."),
        (
            "The data must be deleted on request.",
            "The controller shall delete the data if the person so requests.",
        ),
        (
            "The tenant has the right to sublet with permission.",
            "The tenant shall not sublet without the landlord's permission.",
        ),
        ("The fee is waived for students.", "Students do not pay the fee."),
    ],
)
def test_a_faithful_statement_in_other_words_stays_verified(statement, quoted):
    assert judged(statement, quoted).is_full_support
